import type { Clock } from "./host/clock.ts";

/** A clock whose time passes only when nothing else is going on. */
export interface VirtualClock extends Clock {
  /** Real code that has to finish before time goes on, such as a file being read. */
  hold<T>(work: () => Promise<T>): Promise<T>;
}

interface Timer {
  readonly due: number;
  readonly order: number;
  readonly callback: () => void;
}

/** How many turns of the event loop must pass without a new timer before time goes on. */
const QUIET_TURNS = 3;

/**
 * Makes a virtual clock. It looks at its timers once the event loop has gone
 * quiet, and jumps to the next one: an hour of retries takes a millisecond. It
 * never waits for real time, so it does not keep a process alive by itself.
 *
 * @param start epoch milliseconds
 */
export function virtualClock(start: number): VirtualClock {
  const timers = new Set<Timer>();
  let now = start;
  let order = 0;
  let held = 0;
  let pumping = false;

  const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

  async function pump(): Promise<void> {
    while (timers.size > 0) {
      const before = order;
      for (let turns = 0; turns < QUIET_TURNS; turns += 1) await turn();
      if (order !== before || held > 0) continue;
      const next = [...timers].reduce<Timer | undefined>((a, b) => (a && !isBefore(b, a) ? a : b), undefined);
      if (!next) break;
      timers.delete(next);
      now = Math.max(now, next.due);
      next.callback();
    }
    pumping = false;
  }

  return {
    now: () => now,
    monotonic: () => now - start,
    setTimeout(callback, ms) {
      const timer = { due: now + Math.max(0, ms), order: (order += 1), callback };
      timers.add(timer);
      if (!pumping) {
        pumping = true;
        void pump();
      }
      return timer;
    },
    clearTimeout(timer) {
      timers.delete(timer as Timer);
    },
    yield: turn,
    async hold(work) {
      held += 1;
      try {
        return await work();
      } finally {
        held -= 1;
      }
    },
  };
}

const isBefore = (a: Timer, b: Timer): boolean => a.due < b.due || (a.due === b.due && a.order < b.order);
