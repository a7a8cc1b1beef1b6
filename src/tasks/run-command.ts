import { spawn, type ChildProcess } from "node:child_process";
import {
  endGroup,
  membersOf,
  signalGroup,
  trackGroup,
  type GroupEnd,
  type GroupMember,
} from "../host/process-group.ts";
import { writtenDuration } from "../model/duration.ts";
import type { StopPolicy } from "../model/stop-policy.ts";
import { lineSplitter, type TextStream } from "./line-splitter.ts";
import type { Argv } from "./shell-command.ts";
import { checkNoNul, whyNotStarted } from "./start-error.ts";

/** What a program is run with. */
export interface CommandOptions extends Argv, StopPolicy {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
  /** Names for people, by environment variable: the expression that gives its value. */
  readonly origins?: Readonly<Record<string, string>> | undefined;
  readonly stdin?: string | Uint8Array | undefined;
  /** Ends the program's whole process group: by `stopSignal`, and by SIGKILL after `graceMs`. */
  readonly signal: AbortSignal;
  /** As many bytes of standard output are kept. */
  readonly maxOutput: number;
  readonly onLine: (stream: "stdout" | "stderr", line: string) => void;
  /** Is given one sentence about processes that had to be ended or killed. */
  readonly onWarning: (text: string) => void;
  /** Takes secrets out of what is shown, not out of the result. */
  readonly clean?: (() => TextStream) | undefined;
  /** Records the process group, so that nothing is left behind when this process is killed. */
  readonly ledger?: { started(pid: number, policy: StopPolicy): void; ended(pid: number): void } | undefined;
}

/** How a program ended. */
export interface CommandResult {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  /** Standard output, up to `maxOutput` bytes. */
  readonly stdout: Buffer;
  /** Whether there was more of it. */
  readonly isCut: boolean;
  /** The last lines of both streams, as they came. */
  readonly tail: readonly string[];
}

/** How many last lines are kept for the error. */
const TAIL = 20;
/** What a program left running in its group may still write after its own end, in milliseconds. */
const AFTERWARDS = 250;
/** How long a program that is about to end may take for it, in milliseconds. */
const SETTLE_MS = 20;
/** How many programs a warning names. */
const NAMED = 5;

/**
 * Runs a program in a process group of its own and waits until all of the group is gone.
 *
 * @throws Error where it cannot be started, and the signal's reason where it was aborted
 */
export async function runCommand(options: CommandOptions): Promise<CommandResult> {
  options.signal.throwIfAborted();
  checkNoNul(options);
  const child = start(options);
  const output = collect(child, options);
  feed(child, options.stdin);
  const exited = exit(child, options);
  const closed = new Promise<void>((resolve) => {
    child.once("close", () => {
      resolve();
    });
  });
  const { pid } = child;
  if (pid === undefined) return exited as Promise<never>;
  const untrack = trackGroup(pid, options.stopSignal);
  options.ledger?.started(pid, options);
  const { signal } = options;
  let onAbort: (() => void) | undefined;
  const aborted = new Promise<undefined>((resolve) => {
    onAbort = () => {
      resolve(undefined);
    };
    signal.addEventListener("abort", onAbort, { once: true });
  });
  try {
    const end = await Promise.race([exited, aborted]);
    if (end !== undefined) {
      await within(closed, AFTERWARDS);
      await warnOfBackground(pid, options);
    }
    const groupEnd = await endGroup(pid, options);
    warnOfKill(groupEnd, options);
    untrack();
    if (groupEnd.how !== "unkillable") options.ledger?.ended(pid);
    await within(closed, AFTERWARDS);
    signal.throwIfAborted();
    return { ...(await exited), ...output() };
  } finally {
    if (onAbort !== undefined) signal.removeEventListener("abort", onAbort);
    child.stdout?.destroy();
    child.stderr?.destroy();
  }
}

/** Node throws some errors of a start at once, and emits the others. */
function start(options: CommandOptions): ChildProcess {
  try {
    return spawn(options.file, options.args, {
      cwd: options.cwd,
      env: options.env,
      detached: true,
      windowsHide: true,
      stdio: [options.stdin === undefined ? "ignore" : "pipe", "pipe", "pipe"],
    });
  } catch (error) {
    throw new Error(whyNotStarted(error, options), { cause: error });
  }
}

/** The group ends with its task: what runs on in the background would belong to nobody. */
async function warnOfBackground(pid: number, { onWarning }: CommandOptions): Promise<void> {
  if (!signalGroup(pid, 0)) return;
  const before = membersOf(pid);
  if (before.length === 0) return;
  // What is about to end by itself was not left behind.
  await new Promise((resolve) => setTimeout(resolve, SETTLE_MS));
  const left = membersOf(pid).filter((each) => before.some((other) => other.pid === each.pid));
  if (left.length > 0) onWarning(`programs left running in the background are ended with the task: ${named(left)}`);
}

function warnOfKill(end: GroupEnd, { onWarning, graceMs, stopSignal }: CommandOptions): void {
  if (end.how === "killed" && stopSignal !== "SIGKILL")
    onWarning(`killed, because they still ran ${writtenDuration(graceMs)} after ${stopSignal}: ${named(end.members)}`);
  if (end.how === "unkillable") onWarning(`processes that the system does not let flowctl end: ${named(end.members)}`);
}

function named(members: readonly GroupMember[]): string {
  const texts = members.slice(0, NAMED).map(({ name, pid }) => `${name} (pid ${pid})`);
  const others = members.length - texts.length;
  return others > 0 ? `${texts.join(", ")} and ${others} more` : texts.join(", ");
}

/** Waits for a promise, but no longer than this. */
function within(awaited: Promise<void>, ms: number): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms);
    void awaited.then(() => {
      clearTimeout(timer);
      resolve();
    });
  });
}

function collect(child: ChildProcess, options: CommandOptions) {
  const chunks: Buffer[] = [];
  const tail: string[] = [];
  let size = 0;
  let isCut = false;
  for (const name of ["stdout", "stderr"] as const) {
    const lines = lineSplitter((line) => {
      tail.push(line);
      if (tail.length > TAIL) tail.shift();
      options.onLine(name, line);
    }, options.clean?.());
    child[name]?.on("data", (chunk: Buffer) => {
      if (name === "stdout") {
        const room = options.maxOutput - size;
        isCut ||= chunk.length > room;
        if (room > 0) chunks.push(chunk.length > room ? chunk.subarray(0, room) : chunk);
        size += Math.min(chunk.length, Math.max(room, 0));
      }
      lines.write(chunk);
    });
    child[name]?.once("end", () => {
      lines.end();
    });
  }
  return () => ({ stdout: Buffer.concat(chunks), isCut, tail });
}

function feed(child: ChildProcess, stdin: string | Uint8Array | undefined): void {
  // A program need not read all of its input: a closed pipe is its right.
  child.stdin?.on("error", () => undefined);
  if (stdin !== undefined) child.stdin?.end(stdin);
}

function exit(child: ChildProcess, options: CommandOptions) {
  return new Promise<{ readonly code: number | null; readonly signal: NodeJS.Signals | null }>((resolve, reject) => {
    child.once("exit", (code, signal) => {
      resolve({ code, signal });
    });
    child.once("error", (error) => {
      reject(new Error(whyNotStarted(error, options), { cause: error }));
    });
  });
}
