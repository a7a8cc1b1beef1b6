import { closeSync, fstatSync, openSync, writeSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { errorCode } from "./error-code.ts";
import { socketLock } from "./socket-lock.ts";

/** Locks by path that the kernel gives back when their holder dies, however it dies. */
export interface Locks {
  /**
   * Takes the lock, or answers `undefined` at once where another holds it (also in this process).
   * @param create whether the file is made where it is absent; without it an absent file counts as held @default true
   */
  tryLock(path: string, options?: { readonly create?: boolean }): Promise<HeldLock | undefined>;
}

/** A lock that this process holds until it releases it or ends. */
export interface HeldLock {
  release(): void;
}

/** What the kernel says of a lock on an open file: this process has it now, another has it, or there are no such locks. */
type KernelAnswer = "ours" | "theirs" | "none";

/**
 * The machine's locks: a kernel lock on the open file, or a listening socket where there is none: the addon has
 * no build for this machine (musl), or the file system refuses (some network ones).
 *
 * Whoever takes a socket leaves a word in the file. So a lock that the kernel refuses only now and then is not
 * taken from one who has it the other way.
 */
export function systemLocks({ kernel = kernelLock }: { readonly kernel?: (file: number) => KernelAnswer } = {}): Locks {
  return {
    async tryLock(path, { create = true } = {}) {
      const file = open(path, create);
      if (file === undefined) return undefined;
      const close = once(() => {
        closeSync(file);
      });
      const answer = kernel(file);
      const isMarked = fstatSync(file).size > 0;
      if (answer === "ours" && !isMarked) return { release: close };
      // Where the kernel refuses and nobody has left a word, whoever holds it cannot be asked.
      const mayAsk = answer !== "theirs" && (create || isMarked);
      if (mayAsk && !isMarked) mark(file);
      let socket: HeldLock | undefined;
      try {
        socket = mayAsk ? await socketLock(path) : undefined;
      } finally {
        if (socket === undefined) close();
      }
      if (socket === undefined) return undefined;
      const held = socket;
      return {
        release: once(() => {
          held.release();
          close();
        }),
      };
    },
  };
}

function open(path: string, create: boolean): number | undefined {
  try {
    return openSync(path, create ? "a+" : "r+", 0o600);
  } catch (error) {
    if (!create && errorCode(error) === "ENOENT") return undefined;
    throw error;
  }
}

function mark(file: number): void {
  try {
    writeSync(file, "socket\n");
  } catch {
    // A full disk: those who may make the file meet all the same.
  }
}

function kernelLock(file: number): KernelAnswer {
  const addon = loadAddon();
  if (addon === undefined) return "none";
  try {
    addon.tryLock(file, 0, 0, true);
    return "ours";
  } catch (error) {
    return ["EAGAIN", "EACCES"].includes(errorCode(error) ?? "") ? "theirs" : "none";
  }
}

/** The one call of the addon that is used. It throws EAGAIN where another holds the lock. */
interface Addon {
  tryLock(file: number, offset: number, length: number, exclusive: boolean): void;
}

let loaded: { readonly addon: Addon | undefined } | undefined;

/** Loads the prebuilt addon by its path: the package's own entry looks through the file system for 13 ms. */
function loadAddon(): Addon | undefined {
  if (loaded === undefined) {
    try {
      const require = createRequire(import.meta.url);
      const root = dirname(require.resolve("fs-native-extensions/package.json"));
      const build = `${process.platform}-${process.arch}`;
      loaded = { addon: require(join(root, "prebuilds", build, "fs-native-extensions.node")) as Addon };
    } catch {
      loaded = { addon: undefined };
    }
  }
  return loaded.addon;
}

function once(release: () => void): () => void {
  let done = false;
  return () => {
    if (!done) release();
    done = true;
  };
}
