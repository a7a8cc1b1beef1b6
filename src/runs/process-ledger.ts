import { basename, isAbsolute, join } from "node:path";
import type { AppendFile, Files } from "../host/files.ts";
import type { ProcessIdentity, Processes } from "../host/process.ts";

/** Where tasks say which processes they have started and what they wrote to, so that a run that dies leaves none of it behind. */
export interface ProcessLedger {
  /** A process that leads a group of its own was started. */
  started(pid: number): void;
  /** Its group is gone. */
  ended(pid: number): void;
  /** A directory of this process's own, for the time of the run: what scripts write there may hold anything. */
  uses(directory: string): void;
}

const NAME = "processes.jsonl";

/** The ledger of a run: one short line a process, made when the first is started. */
export function processLedger(options: {
  readonly files: Files;
  /** The run's directory. */
  readonly directory: string;
  readonly processes: Processes;
}): ProcessLedger {
  let file: AppendFile | undefined;
  const used = new Set<string>();
  const write = (line: object): void => {
    try {
      file ??= options.files.append(join(options.directory, NAME));
      file.write(`${JSON.stringify(line)}\n`);
    } catch {
      // A full disk is the journal's to report; the task goes on.
    }
  };
  return {
    started(pid) {
      write({ pid, startedAt: options.processes.startTime(pid) });
    },
    ended(pid) {
      write({ ended: pid });
    },
    uses(directory) {
      if (!used.has(directory)) write({ uses: directory });
      used.add(directory);
    },
  };
}

/** The processes of a run that were started and have not ended, as far as its ledger knows. */
export function leftBehind(files: Files, directory: string): readonly ProcessIdentity[] {
  const open = new Map<number, ProcessIdentity>();
  for (const entry of entries(files, directory)) {
    if (entry.ended !== undefined) open.delete(entry.ended);
    else if (entry.pid !== undefined) open.set(entry.pid, { pid: entry.pid, startedAt: entry.startedAt });
  }
  return [...open.values()];
}

/** Takes away the directories that a run used while it lived. */
export function removeUsed(files: Files, directory: string): void {
  for (const { uses } of entries(files, directory)) {
    // A ledger that was tampered with must not name anything else.
    if (typeof uses !== "string" || !isAbsolute(uses) || !basename(uses).startsWith("flowctl-")) continue;
    try {
      if (files.stat(uses, false)?.kind === "directory") files.remove(uses);
    } catch {
      // Another's by now.
    }
  }
}

interface LedgerLine {
  readonly pid?: number;
  readonly startedAt: string | undefined;
  readonly ended?: number;
  readonly uses?: unknown;
}

function entries(files: Files, directory: string): readonly LedgerLine[] {
  return (files.read(join(directory, NAME)) ?? "").split("\n").flatMap((line) => parse(line) ?? []);
}

function parse(line: string): LedgerLine | undefined {
  try {
    return line === "" ? undefined : (JSON.parse(line) as LedgerLine);
  } catch {
    return undefined;
  }
}
