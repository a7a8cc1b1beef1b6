import { closeSync, openSync, readSync, statSync } from "node:fs";
import { constants } from "node:os";
import { delimiter, isAbsolute, join, resolve } from "node:path";
import type { Argv } from "./shell-command.ts";

/** A program that could not be started. */
export interface FailedStart extends Argv {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
  /** Names for people, by environment variable: the expression that gives its value. */
  readonly origins?: Readonly<Record<string, string>> | undefined;
}

/** Why the system, or Node before it, did not start a program: in one sentence, with what to change. */
export function whyNotStarted(error: unknown, start: FailedStart): string {
  const { file, cwd } = start;
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  if (code === "ENOENT" || code === "ENOTDIR") {
    if (statSync(cwd, { throwIfNoEntry: false })?.isDirectory() !== true) return `the directory ${cwd} does not exist`;
    return whyNotFound(start);
  }
  if (code === "EACCES") {
    const path = pathOf(start);
    return path !== undefined && statSync(path).isDirectory()
      ? `"${file}" is a directory, and no program`
      : `"${file}" may not be executed: chmod +x ${file}`;
  }
  if (code === "ENOEXEC" || code === "UNKNOWN")
    return `"${file}" is no program for this machine: it was built for another kind of processor, or is a script without a first line such as #!/bin/sh`;
  if (code === "E2BIG")
    return `"${file}" was given more than the system takes: ${largest(start)}; pass data by stdin or in a file`;
  if (code === "EMFILE" || code === "ENFILE")
    return `"${file}" cannot be started: too many files are open: raise ulimit -n, or run fewer tasks at a time`;
  if (code === "EAGAIN")
    return `"${file}" cannot be started: too many processes: raise ulimit -u, or run fewer tasks at a time`;
  return `"${file}" cannot be started: ${error instanceof Error ? error.message : String(error)}`;
}

/** @throws Error naming the argument, variable or directory that holds a NUL byte: the system would cut it there */
export function checkNoNul(start: FailedStart): void {
  for (const [what, text] of textsOf(start)) {
    const at = text.indexOf("\0");
    if (at !== -1)
      throw new Error(
        `${what} holds a NUL byte (after ${at} characters), which no program can be given: pass it by stdin or in a file`,
      );
  }
}

function textsOf({ file, args, env, cwd, origins }: FailedStart): readonly (readonly [string, string])[] {
  return [
    ["the name of the program", file],
    ["the directory", cwd],
    ...args.map((text, index) => [`argument ${index + 1} of "${file}"`, text] as const),
    ...Object.entries(env).flatMap(([name, text = ""]) => {
      const origin = origins?.[name];
      return [[origin === undefined ? `the environment variable ${name}` : `the value of ${origin}`, text] as const];
    }),
  ];
}

function largest(start: FailedStart): string {
  let [most, bytes] = ["", 0];
  for (const [what, text] of textsOf(start)) {
    const size = Buffer.byteLength(text);
    if (size > bytes) [most, bytes] = [what, size];
  }
  return `${most} has ${bytes} bytes`;
}

function whyNotFound(start: FailedStart): string {
  const { file } = start;
  const path = pathOf(start);
  if (path === undefined) {
    if (file.includes("/")) return `"${file}" does not exist in ${start.cwd}`;
    return `"${file}" was not found on the PATH`;
  }
  const head = firstBytes(path);
  const line = /^#![ \t]*([^\n]*)/.exec(head)?.[1];
  if (line?.endsWith("\r") === true)
    return `"${file}" has Windows line ends (CRLF), so that its interpreter is taken for "${line.trim()}\\r": save it with LF`;
  const interpreter = line?.trim().split(/[ \t]/)[0];
  if (interpreter !== undefined && interpreter !== "")
    return `the interpreter of "${file}", ${interpreter}, does not exist: correct its first line`;
  return `"${file}" needs a loader or library that this machine does not have: it was built for another system`;
}

/** The file that was to be started. */
function pathOf({ file, cwd, env }: FailedStart): string | undefined {
  const candidates = file.includes("/")
    ? [resolve(cwd, file)]
    : (env["PATH"] ?? "/usr/bin:/bin")
        .split(delimiter)
        .map((directory) => join(isAbsolute(directory) ? directory : resolve(cwd, directory), file));
  return candidates.find((path) => statSync(path, { throwIfNoEntry: false }) !== undefined);
}

const HEAD_BYTES = 256;

function firstBytes(path: string): string {
  try {
    const opened = openSync(path, "r");
    try {
      const head = Buffer.alloc(HEAD_BYTES);
      return head.toString("latin1", 0, readSync(opened, head, 0, HEAD_BYTES, 0));
    } finally {
      closeSync(opened);
    }
  } catch {
    return "";
  }
}

/** What it means that a signal ended a program. */
const OF_SIGNALS: Readonly<Partial<Record<NodeJS.Signals, string>>> = {
  SIGKILL: "by the system when memory runs out, or by another process",
  SIGSEGV: "it crashed: it used memory that is not its own",
  SIGPIPE: "it wrote to a program that had stopped reading, such as head",
  SIGTERM: "another process asked it to end",
};

/** A shell ends with this and a signal's number if a signal has ended its program. */
const SHELL_OFFSET = 128;

/**
 * How a program ended, with what that means where it is known.
 * @param path the PATH that it had
 */
export function explainEnd(code: number | null, signal: NodeJS.Signals | null, path?: string): string {
  if (signal !== null) return withMeaning(`killed by ${signal}`, OF_SIGNALS[signal]);
  if (code === 126) return "exit code 126: a program was found, but is a directory or may not be executed (chmod +x)";
  if (code === 127) return `exit code 127: a program was not found on the PATH (${path ?? "not set"})`;
  const of = (Object.keys(OF_SIGNALS) as NodeJS.Signals[]).find(
    (name) => constants.signals[name] + SHELL_OFFSET === code,
  );
  return of === undefined ? `exit code ${code}` : withMeaning(`exit code ${code} (${of})`, OF_SIGNALS[of]);
}

function withMeaning(text: string, meaning: string | undefined): string {
  return meaning === undefined ? text : `${text}: ${meaning}`;
}
