import { basename, isAbsolute, join } from "node:path";
import type { AppendFile, Files } from "../host/files.ts";
import type { ProcessIdentity, Processes } from "../host/process.ts";
import { readable } from "../model/disk-trouble.ts";
import { DEFAULT_STOP_POLICY, STOP_SIGNALS, type StopPolicy } from "../model/stop-policy.ts";

/** Where tasks say which processes they have started and what they wrote to, so that a run that dies leaves none of it behind. */
export interface ProcessLedger {
  /** Records a process that leads a group of its own, and how that group is ended. */
  started(pid: number, policy: StopPolicy): void;
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
    started(pid, { stopSignal, graceMs }) {
      write({ pid, startedAt: options.processes.startTime(pid), stopSignal, graceMs });
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

/** The leader of a process group that a run has started, and how the group is ended. */
export interface RecordedGroup extends ProcessIdentity, StopPolicy {}

/** The process groups of a run that were started and have not ended, as far as its ledger knows. */
export function leftBehind(files: Files, directory: string): readonly RecordedGroup[] {
  const open = new Map<number, RecordedGroup>();
  for (const entry of entries(files, directory)) {
    if (entry.ended !== undefined) open.delete(entry.ended);
    else if (isPid(entry.pid)) open.set(entry.pid, { pid: entry.pid, startedAt: entry.startedAt, ...policyOf(entry) });
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

/** A ledger that was tampered with must not signal every process (-1), or this group (0). */
function isPid(pid: unknown): pid is number {
  return Number.isInteger(pid) && (pid as number) > 1;
}

/** A reaper does not wait for ever. */
const MAX_GRACE_MS = 600_000;

function policyOf({ stopSignal, graceMs }: LedgerLine): StopPolicy {
  return {
    stopSignal: STOP_SIGNALS.find((each) => each === stopSignal) ?? DEFAULT_STOP_POLICY.stopSignal,
    graceMs:
      typeof graceMs === "number" && graceMs >= 0 ? Math.min(graceMs, MAX_GRACE_MS) : DEFAULT_STOP_POLICY.graceMs,
  };
}

interface LedgerLine {
  readonly stopSignal?: unknown;
  readonly graceMs?: unknown;
  readonly pid?: number;
  readonly startedAt: string | undefined;
  readonly ended?: number;
  readonly uses?: unknown;
}

function entries(files: Files, directory: string): readonly LedgerLine[] {
  return (readable(() => files.read(join(directory, NAME)), undefined) ?? "")
    .split("\n")
    .flatMap((line) => parse(line) ?? []);
}

function parse(line: string): LedgerLine | undefined {
  try {
    return line === "" ? undefined : (JSON.parse(line) as LedgerLine);
  } catch {
    return undefined;
  }
}
