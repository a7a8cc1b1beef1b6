import {
  closeSync,
  constants,
  existsSync,
  fstatSync,
  fsyncSync,
  linkSync,
  lstatSync,
  mkdirSync,
  openSync,
  readFileSync,
  readdirSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  unlinkSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import type { BadEntry } from "./guarded-files.ts";
import { fileError, readInputFile } from "./input-file.ts";

/**
 * The disk, in the few moves that flowctl makes. All of them are synchronous: a
 * message takes one of them, and what is on disk must be there before we go on.
 * Failures other than "absent" are thrown as Node's own errors (`code`).
 */
export interface Files {
  /**
   * The text of a file; `undefined` where there is none. It never waits: what is no regular file is an error
   * (`EFTYPE`), and so is one of more than `MAX_READ_BYTES` (`EFBIG`).
   */
  read(path: string): string | undefined;
  /**
   * The text of a path that a person named: also of a pipe, which is read to its end. It is an error (`EFBIG`) beyond
   * `MAX_READ_BYTES`, and one (`EFTYPE`) for a pipe that nobody writes to.
   */
  readInput(path: string): string | undefined;
  /** Names in a directory; none where it is absent. */
  list(path: string): readonly string[];
  /** @param follow whether a symbolic link stands for its target @default true */
  stat(path: string, follow?: boolean): FileStat | undefined;
  /**
   * Makes a directory and its parents, readable for its owner only, unless it is `shared`.
   * @param how `durable` makes each new name survive a power cut, with what is in the directory @default durable
   */
  makeDirectory(path: string, how?: Durability): void;
  /**
   * Creates a file exclusively and durably: temporary file, fsync, link, fsync of the directory.
   * @param how `quick`: without the two fsyncs, so that only the death of the machine can undo it
   * @returns false where it exists
   */
  create(path: string, text: string, how?: Durability): boolean;
  /** Replaces a file's content atomically and durably; `quick` as in `create`. */
  replace(path: string, text: string, how?: Durability): void;
  rename(from: string, to: string): void;
  /** Removes a file or a directory with all in it; nothing where it is absent. */
  remove(path: string): void;
  /** Opens a file to append to; each write is whole. What is no regular file is an error (`EFTYPE`, `ENXIO`). */
  append(path: string): AppendFile;
  /** Sets bad entries below a directory aside from now on, each with one report: see `guardedFiles`. */
  guard?(directory: string, report: (entry: BadEntry) => void): void;
  /** The path with all symbolic links followed; `undefined` where there is nothing. */
  realPath(path: string): string | undefined;
}

/**
 * Whether what is written must survive the death of the machine, or only that of the process. What is `shared` is
 * a file of the project: quick, and for others to read as the person's mask has it; all else is the owner's only.
 */
export type Durability = "durable" | "quick" | "shared";

export interface FileStat {
  readonly kind: "file" | "directory" | "link" | "other";
  readonly size: number;
  readonly mode: number;
  readonly uid: number;
  readonly modifiedMs: number;
}

export interface AppendFile {
  /** Bytes are only lent: they are written, or copied, before it returns. */
  write(text: string | Uint8Array): void;
  sync(): void;
  close(): void;
}

/** The longest file that is read: no text of Node's can be longer. */
export const MAX_READ_BYTES = 512 * 1024 * 1024 - 32;
/** Not on Windows, where opening never waits. */
const O_NONBLOCK = (constants.O_NONBLOCK as number | undefined) ?? 0;
const READ_FLAGS = constants.O_RDONLY | O_NONBLOCK;
const APPEND_FLAGS = constants.O_WRONLY | constants.O_APPEND | constants.O_CREAT | O_NONBLOCK;
/** Nothing can be below a file, nor have a name that no disk takes. */
const NOTHING_THERE = ["ENOENT", "ENOTDIR", "ENAMETOOLONG"];
const PRIVATE_FILE = 0o600;
const PRIVATE_DIRECTORY = 0o700;

export function systemFiles(): Files {
  let serial = 0;
  const temporary = (path: string): string =>
    join(dirname(path), `.${String(process.pid)}-${String(Date.now())}-${String((serial += 1))}.tmp`);
  return {
    read: (path) => absent(() => readRegular(path)),
    readInput: (path) => absent(() => readInputFile(path, MAX_READ_BYTES)),
    list: (path) => absent(() => readdirSync(path)) ?? [],
    stat: (path, follow = true) => absent(() => describe(follow ? statSync(path) : lstatSync(path))),
    makeDirectory,
    create(path, text, how = "durable") {
      const draft = temporary(path);
      try {
        write(draft, text, how);
        linkSync(draft, path);
      } catch (error) {
        if (isCode(error, "EEXIST")) return false;
        if (!WITHOUT_LINKS.some((code) => isCode(error, code))) throw error;
        return createWithoutLink(path, text, how);
      } finally {
        discard(draft);
      }
      if (how === "durable") syncDirectory(dirname(path));
      return true;
    },
    replace(path, text, how = "durable") {
      const draft = temporary(path);
      try {
        write(draft, text, how);
        renameSync(draft, path);
      } catch (error) {
        discard(draft);
        throw error;
      }
      if (how === "durable") syncDirectory(dirname(path));
    },
    rename: (from, to) => {
      renameSync(from, to);
    },
    remove: (path) => {
      absent(() => {
        unlinkSync(path);
      }, path);
    },
    append(path) {
      const file = openRegular(path, APPEND_FLAGS);
      return {
        write: (text) => {
          writeFileSync(file, text);
        },
        sync: () => {
          fsyncSync(file);
        },
        close: () => {
          closeSync(file);
        },
      };
    },
    realPath: (path) => absent(() => realpathSync(path)),
  };
}

function readRegular(path: string): string {
  const file = openRegular(path, READ_FLAGS);
  try {
    return readFileSync(file, "utf8");
  } finally {
    closeSync(file);
  }
}

/** Opens without waiting: a pipe without another end, or a device, would keep the process for ever. */
function openRegular(path: string, flags: number): number {
  const file = openSync(path, flags, PRIVATE_FILE);
  try {
    const stat = fstatSync(file);
    if (!stat.isFile())
      throw fileError(stat.isDirectory() ? "EISDIR" : "EFTYPE", `not a regular file, open '${path}'`, path);
    if (flags === READ_FLAGS && stat.size > MAX_READ_BYTES)
      throw fileError("EFBIG", `file too large, open '${path}'`, path);
    return file;
  } catch (error) {
    closeSync(file);
    throw error;
  }
}

/** Takes a draft away; where that cannot be, it is pruned in time, and what went wrong before is what counts. */
function discard(draft: string): void {
  try {
    unlinkSync(draft);
  } catch {
    // It may not have come into being.
  }
}

/** Answers `undefined` for what is not there; a directory given to `remove` goes with all in it. */
function absent<T>(read: () => T, directory?: string): T | undefined {
  try {
    return read();
  } catch (error) {
    if (NOTHING_THERE.some((code) => isCode(error, code))) return undefined;
    if (directory !== undefined && (isCode(error, "EISDIR") || isCode(error, "EPERM"))) {
      rmSync(directory, { recursive: true, force: true });
      return undefined;
    }
    throw error;
  }
}

/** What `link` answers on file systems that have no hard links, such as exFAT. */
const WITHOUT_LINKS = ["EPERM", "ENOTSUP", "EOPNOTSUPP", "ENOSYS", "EMLINK"];

/** Exclusive all the same; only a crash in the middle can leave a part of the text. */
function createWithoutLink(path: string, text: string, how: Durability): boolean {
  try {
    write(path, text, how);
  } catch (error) {
    if (isCode(error, "EEXIST")) return false;
    throw error;
  }
  if (how === "durable") syncDirectory(dirname(path));
  return true;
}

/**
 * By our own steps: Node's recursive one never comes back where a directory exists in which none can be made, such
 * as /proc.
 */
function makeDirectory(path: string, how: Durability = "durable"): void {
  try {
    mkdirSync(path, how === "shared" ? {} : { mode: PRIVATE_DIRECTORY });
    if (how === "durable") syncDirectory(dirname(path));
  } catch (error) {
    if (isCode(error, "EEXIST") && statSync(path, { throwIfNoEntry: false })?.isDirectory() === true) return;
    const parent = dirname(path);
    if (!isCode(error, "ENOENT") || existsSync(parent)) throw error;
    makeDirectory(parent, how);
    makeDirectory(path, how);
  }
}

function write(path: string, text: string, how: Durability): void {
  const file = openSync(path, "wx", how === "shared" ? 0o666 : PRIVATE_FILE);
  try {
    // Not writeSync: it may write a part and say so, which nobody would notice.
    writeFileSync(file, text);
    if (how === "durable") fsyncSync(file);
  } finally {
    closeSync(file);
  }
}

/** Makes a new name in a directory durable; some systems cannot, and need not. */
function syncDirectory(path: string): void {
  let directory: number | undefined;
  try {
    directory = openSync(path, "r");
    fsyncSync(directory);
  } catch (error) {
    if (!isCode(error, "EISDIR") && !isCode(error, "EPERM") && !isCode(error, "EINVAL")) throw error;
  } finally {
    if (directory !== undefined) closeSync(directory);
  }
}

function describe(stat: ReturnType<typeof statSync>): FileStat | undefined {
  if (stat === undefined) return undefined;
  const kind = stat.isFile() ? "file" : stat.isDirectory() ? "directory" : stat.isSymbolicLink() ? "link" : "other";
  return {
    kind,
    size: Number(stat.size),
    mode: Number(stat.mode),
    uid: Number(stat.uid),
    modifiedMs: Number(stat.mtimeMs),
  };
}

function isCode(error: unknown, code: string): boolean {
  return error instanceof Error && "code" in error && error.code === code;
}
