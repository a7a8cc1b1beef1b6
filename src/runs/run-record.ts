import { join } from "node:path";
import type { RunStoreOptions } from "./run-store.ts";
import { readable } from "../model/disk-trouble.ts";
import { parseEnd, parseWill, type EndRecord, type Will } from "./will.ts";

/** One run as it is on disk. */
export interface RunRecord {
  readonly runId: string;
  readonly directory: string;
  readonly will: Will;
  /** Absent while the run goes on, and where it died and nobody has looked yet. */
  readonly end: EndRecord | undefined;
}

/** Reads a run by its whole id; `undefined` where there is none, or it is not whole, or the disk does not give it. */
export function readRun(store: Pick<RunStoreOptions, "files" | "directory">, runId: string): RunRecord | undefined {
  return readable(() => readRunOrThrow(store, runId), undefined);
}

/** The same for whoever writes the record of a run that has none. @throws the error of a disk that does not give it */
export function readRunOrThrow(
  store: Pick<RunStoreOptions, "files" | "directory">,
  runId: string,
): RunRecord | undefined {
  const directory = join(store.directory, "runs", runId);
  const will = parseWill(store.files.read(join(directory, "will.json")));
  if (will === undefined) return undefined;
  return { runId, directory, will, end: parseEnd(store.files.read(join(directory, "end.json"))) };
}

/** The ids of all runs in the state directory, newest first. */
export function runIds(store: Pick<RunStoreOptions, "files" | "directory">): readonly string[] {
  return readable(() => store.files.list(join(store.directory, "runs")), [])
    .filter((name) => !name.startsWith("."))
    .sort()
    .reverse();
}
