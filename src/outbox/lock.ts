/**
 * Locks by path that the kernel gives back when their holder dies, however it
 * dies. One drainer per channel holds one while it sends.
 */
export interface Locks {
  /** Takes the lock, or answers `undefined` at once where another holds it (also in this process). */
  tryLock(path: string): Promise<HeldLock | undefined>;
}

export interface HeldLock {
  release(): void;
}

/** Locks within this process only: for tests, and where the machine has none. */
export function processLocks(): Locks {
  const held = new Set<string>();
  return {
    tryLock: (path) => {
      if (held.has(path)) return Promise.resolve(undefined);
      held.add(path);
      return Promise.resolve({ release: () => void held.delete(path) });
    },
  };
}
