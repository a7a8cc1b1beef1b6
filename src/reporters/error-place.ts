import { basename, dirname, relative, sep } from "node:path";
import { fileURLToPath } from "node:url";

/** Where in the person's own files an error was made. */
export interface ErrorPlace {
  /** Absolute. */
  readonly file: string;
  readonly line: number;
}

const FRAME = /^\s+at (?:.*\()?(file:\/\/[^)]+|\/[^)]+|[A-Za-z]:\\[^)]+):(\d+):\d+\)?$/;

/**
 * The first place of an error's stack that is in a file of the person's.
 * @param ours tells which files are flowctl's own
 */
export function errorPlace(error: unknown, ours: (file: string) => boolean = isLibrary): ErrorPlace | undefined {
  if (!(error instanceof Error) || error.stack === undefined) return undefined;
  for (const line of error.stack.split("\n")) {
    const found = FRAME.exec(line);
    if (found?.[1] === undefined) continue;
    const file = found[1].startsWith("file:") ? pathOf(found[1]) : found[1];
    if (file !== undefined && !ours(file)) return { file, line: Number(found[2]) };
  }
  return undefined;
}

/** Where this code is: the bundle's directory, or `src`. */
const HERE = dirname(fileURLToPath(import.meta.url));
const OWN = (basename(HERE) === "reporters" ? dirname(HERE) : HERE) + sep;

function isLibrary(file: string): boolean {
  return file.startsWith(OWN) || /[\\/]node_modules[\\/]/.test(file);
}

function pathOf(url: string): string | undefined {
  try {
    return fileURLToPath(url.replace(/\?.*$/, ""));
  } catch {
    return undefined;
  }
}

/** `file:line`, relative to a directory where the file is inside it. */
export function showPlace(place: ErrorPlace, cwd: string): string {
  const path = relative(cwd, place.file);
  return `${path.startsWith("..") ? place.file : path}:${place.line}`;
}
