import { join, sep } from "node:path";
import { MAX_READ_BYTES, type Files } from "./files.ts";

/** An entry of the state directory that cannot be used. */
export interface BadEntry {
  readonly path: string;
  /** The error of the operation that found it. */
  readonly error: unknown;
  /** Where it was moved; absent where it stays in its place and is left out. */
  readonly movedTo?: string;
}

/**
 * Files that keep one bad entry of a directory from stopping everything. What is in a file's place and is no regular
 * file (a directory, a loop of links, a pipe, a device) or is too large is moved to `NAME.corrupt`, and the operation
 * goes on as if there were nothing. What cannot be read otherwise stays, and its error is thrown. Each is reported
 * once. It applies from the call of `guard` on; without one these are the files as they are.
 */
export function guardedFiles(files: Files): Files {
  let guarded: { readonly directory: string; readonly report: (entry: BadEntry) => void } | undefined;
  const reported = new Set<string>();
  const isGuarded = (path: string): boolean =>
    guarded !== undefined && path.startsWith(guarded.directory) && path !== guarded.directory;
  const report = (entry: BadEntry): void => {
    if (reported.has(entry.path)) return;
    reported.add(entry.path);
    guarded?.report(entry);
  };
  /** Moves the entry out of the way if it is of the wrong kind. @returns whether the path is free now */
  const isMovedAside = (path: string, wanted: "file" | "directory", error: unknown): boolean => {
    if (!isOfWrongKind(files, path, wanted)) return false;
    for (let serial = 1; serial <= MOST_ASIDE; serial += 1) {
      const movedTo = `${path}.corrupt${serial === 1 ? "" : `-${String(serial)}`}`;
      try {
        if (files.stat(movedTo, false) !== undefined) continue;
        files.rename(path, movedTo);
      } catch {
        return false;
      }
      report({ path, error, movedTo });
      return true;
    }
    return false;
  };
  /** Does it once more where a bad entry was in the way. */
  const withRoom = <T>(path: string, wanted: "file" | "directory", operation: () => T): T => {
    try {
      return operation();
    } catch (error) {
      if (!isGuarded(path) || !isMovedAside(path, wanted, error)) throw error;
      return operation();
    }
  };
  const reporting = <T>(path: string, operation: () => T): T => {
    try {
      return operation();
    } catch (error) {
      if (isGuarded(path)) report({ path, error });
      throw error;
    }
  };
  return {
    ...files,
    guard(directory, report) {
      guarded = { directory: join(directory, sep), report };
    },
    read: (path) => reporting(path, () => withRoom(path, "file", () => files.read(path))),
    list: (path) => reporting(path, () => files.list(path)),
    makeDirectory: (path, how) => {
      withRoom(path, "directory", () => {
        files.makeDirectory(path, how);
      });
    },
    create(path, text, how) {
      if (files.create(path, text, how)) return true;
      return isGuarded(path) && isMovedAside(path, "file", undefined) && files.create(path, text, how);
    },
    replace: (path, text, how) => {
      withRoom(path, "file", () => {
        files.replace(path, text, how);
      });
    },
    append: (path) => withRoom(path, "file", () => files.append(path)),
  };
}

/** So many bad entries of one name are kept. */
const MOST_ASIDE = 20;

function isOfWrongKind(files: Files, path: string, wanted: "file" | "directory"): boolean {
  try {
    const stat = files.stat(path);
    // A link that leads nowhere is in the way of nothing that is read, and of all that is made.
    if (stat === undefined) return files.stat(path, false)?.kind === "link";
    // A journal may have grown so large; a document that is rewritten whole has not.
    return stat.kind !== wanted || (path.endsWith(".json") && stat.size > MAX_READ_BYTES);
  } catch {
    // Only a link that leads in a circle, or to what cannot be looked at, has an entry of its own nevertheless.
    return isLink(files, path);
  }
}

function isLink(files: Files, path: string): boolean {
  try {
    return files.stat(path, false)?.kind === "link";
  } catch {
    return false;
  }
}
