import { createHash } from "node:crypto";
import { closeSync, linkSync, mkdirSync, openSync, renameSync, unlinkSync } from "node:fs";
import { createRequire } from "node:module";
import { connect, createServer, type Server } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";

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

/** The one call of the addon that is used. It throws EAGAIN where another holds the lock. */
interface Addon {
  tryLock(file: number, offset: number, length: number, exclusive: boolean): void;
}

/**
 * The machine's locks: a kernel lock on the open file where the addon has a build for
 * this machine, a listening socket file beside it where it has none (musl).
 *
 * @param options.native false takes the socket files even where the addon works
 */
export function systemLocks(options: { readonly native?: boolean } = {}): Locks {
  return {
    async tryLock(path, { create = true } = {}) {
      const file = open(path, create);
      if (file === undefined) return undefined;
      const addon = options.native === false ? undefined : loadAddon();
      if (addon === undefined) {
        closeSync(file);
        return socketLock(path);
      }
      try {
        addon.tryLock(file, 0, 0, true);
      } catch (error) {
        closeSync(file);
        if (codeOf(error) === "EAGAIN" || codeOf(error) === "EACCES") return undefined;
        throw error;
      }
      return {
        release: once(() => {
          closeSync(file);
        }),
      };
    },
  };
}

function open(path: string, create: boolean): number | undefined {
  try {
    return openSync(path, create ? "a+" : "r+", 0o600);
  } catch (error) {
    if (!create && codeOf(error) === "ENOENT") return undefined;
    throw error;
  }
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

/** Longest path a socket may have on every system we know (104 bytes on macOS, with the final zero). */
const LONGEST = 100;

/** Holds by listening: a socket that refuses belongs to a process that is gone. */
async function socketLock(path: string): Promise<HeldLock | undefined> {
  const address = socketPath(path);
  for (let round = 0; round < 3; round += 1) {
    const server = await listen(address);
    if (server !== undefined) return { release: once(() => void server.close()) };
    if (await answers(address)) return undefined;
    const aside = `${address}.${String(process.pid)}-${String(round)}`;
    if (
      !moves(() => {
        renameSync(address, aside);
      })
    )
      continue;
    // Between the question and the move another may have taken the place: then it gets its name back.
    if (await answers(aside))
      moves(() => {
        linkSync(aside, address);
      });
    moves(() => {
      unlinkSync(aside);
    });
  }
  return undefined;
}

function socketPath(path: string): string {
  const beside = `${path}.sock`;
  if (Buffer.byteLength(beside) <= LONGEST - 16) return beside;
  const directory = join(tmpdir(), `flowctl-${String(process.getuid?.() ?? 0)}`);
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  return join(directory, createHash("sha256").update(path).digest("hex").slice(0, 24));
}

function listen(address: string): Promise<Server | undefined> {
  return new Promise((resolve, reject) => {
    const server = createServer((socket) => socket.destroy());
    server.unref();
    server.once("error", (error) => {
      if (codeOf(error) === "EADDRINUSE") resolve(undefined);
      else reject(error);
    });
    server.listen(address, () => {
      resolve(server);
    });
  });
}

function answers(address: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(address);
    const answer = (alive: boolean): void => {
      socket.destroy();
      resolve(alive);
    };
    socket.once("connect", () => {
      answer(true);
    });
    // Only a refusal says that nobody listens; a full queue does not.
    socket.once("error", (error) => {
      answer(!["ECONNREFUSED", "ENOENT"].includes(codeOf(error) ?? ""));
    });
  });
}

function moves(move: () => void): boolean {
  try {
    move();
    return true;
  } catch {
    return false;
  }
}

function once(release: () => void): () => void {
  let done = false;
  return () => {
    if (!done) release();
    done = true;
  };
}

function codeOf(error: unknown): string | undefined {
  return error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : undefined;
}
