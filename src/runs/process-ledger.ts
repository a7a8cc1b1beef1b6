import { join } from "node:path";
import type { AppendFile, Files } from "../host/files.ts";
import type { ProcessIdentity, Processes } from "../host/process.ts";

/** Where tasks say which processes they have started, so that none is left behind by a run that dies. */
export interface ProcessLedger {
  /** A process that leads a group of its own was started. */
  started(pid: number): void;
  /** Its group is gone. */
  ended(pid: number): void;
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
  };
}

/** The processes of a run that were started and have not ended, as far as its ledger knows. */
export function leftBehind(files: Files, directory: string): readonly ProcessIdentity[] {
  const open = new Map<number, ProcessIdentity>();
  for (const line of (files.read(join(directory, NAME)) ?? "").split("\n")) {
    const entry = parse(line);
    if (entry === undefined) continue;
    if (entry.ended !== undefined) open.delete(entry.ended);
    else if (entry.pid !== undefined) open.set(entry.pid, { pid: entry.pid, startedAt: entry.startedAt });
  }
  return [...open.values()];
}

function parse(
  line: string,
): { readonly pid?: number; readonly startedAt: string | undefined; readonly ended?: number } | undefined {
  try {
    return line === "" ? undefined : (JSON.parse(line) as ReturnType<typeof parse>);
  } catch {
    return undefined;
  }
}
