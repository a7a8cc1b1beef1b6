import { createHash } from "node:crypto";
import { linkSync, lstatSync, mkdirSync, readFileSync, renameSync, unlinkSync } from "node:fs";
import { connect, createServer, type Server } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { errorCode } from "./error-code.ts";

/** Longest path a socket may have on every system we know (104 bytes on macOS, with the final zero). */
const LONGEST = 100;

/**
 * A lock without the kernel's help. It is held by listening on a socket beside the path: one that refuses belongs
 * to a process that is gone.
 */
export async function socketLock(path: string): Promise<{ release(): void } | undefined> {
  const beside = besideOf(path);
  if (beside === undefined) return lockAt(elsewhereOf(path));
  try {
    return await lockAt(beside);
  } catch (error) {
    if (!NO_SOCKETS.has(errorCode(error) ?? "")) throw error;
    return lockAt(elsewhereOf(path));
  }
}

/** What a file system says that takes no sockets. */
const NO_SOCKETS = new Set(["EPERM", "EINVAL", "ENOSYS", "ENOTSUP", "EOPNOTSUPP"]);

async function lockAt(address: string): Promise<{ release(): void } | undefined> {
  for (let round = 0; round < 3; round += 1) {
    const server = await listen(address);
    if (server !== undefined) return { release: () => void server.close() };
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

function besideOf(path: string): string | undefined {
  const beside = `${path}${ofMachine()}.sock`;
  return Buffer.byteLength(beside) <= LONGEST - 16 ? beside : undefined;
}

/** @throws Error if the directory is not this user's own */
function elsewhereOf(path: string): string {
  const directory = join(tmpdir(), `flowctl-${String(process.getuid?.() ?? 0)}`);
  try {
    mkdirSync(directory, { mode: 0o700 });
  } catch (error) {
    if (errorCode(error) !== "EEXIST") throw error;
  }
  const stat = lstatSync(directory);
  const isOwn = process.getuid === undefined || (stat.uid === process.getuid() && (stat.mode & 0o022) === 0);
  if (!stat.isDirectory() || !isOwn)
    throw new Error(
      `the directory of locks ${directory} belongs to another user, or others may write to it: remove it, or set TMPDIR to a directory of your own`,
    );
  return join(directory, createHash("sha256").update(path).digest("hex").slice(0, 24));
}

/** A socket does not reach over a network: on another machine it would look like that of a process that is gone. */
function ofMachine(): string {
  try {
    const id = readFileSync("/etc/machine-id", "utf8").trim();
    return id === "" ? "" : `.${createHash("sha256").update(id).digest("hex").slice(0, 6)}`;
  } catch {
    // Containers often have none: those of one machine are to meet.
    return "";
  }
}

function listen(address: string): Promise<Server | undefined> {
  return new Promise((resolve, reject) => {
    const server = createServer((socket) => socket.destroy());
    server.unref();
    server.once("error", (error) => {
      if (errorCode(error) === "EADDRINUSE") resolve(undefined);
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
      answer(!["ECONNREFUSED", "ENOENT"].includes(errorCode(error) ?? ""));
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
