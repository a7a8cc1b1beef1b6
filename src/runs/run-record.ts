import { join } from "node:path";
import type { RunStoreOptions } from "./run-store.ts";
import { parseEnd, parseWill, type EndRecord, type Will } from "./will.ts";

/** One run as it is on disk. */
export interface RunRecord {
  readonly runId: string;
  readonly directory: string;
  readonly will: Will;
  /** Absent while the run goes on, and where it died and nobody has looked yet. */
  readonly end: EndRecord | undefined;
}

/** Reads a run by its whole id; `undefined` where there is none or its will is not whole. */
export function readRun(store: Pick<RunStoreOptions, "files" | "directory">, runId: string): RunRecord | undefined {
  const directory = join(store.directory, "runs", runId);
  const will = parseWill(store.files.read(join(directory, "will.json")));
  if (will === undefined) return undefined;
  return { runId, directory, will, end: parseEnd(store.files.read(join(directory, "end.json"))) };
}

/** The ids of all runs in the state directory, newest first. */
export function runIds(store: Pick<RunStoreOptions, "files" | "directory">): readonly string[] {
  return store.files
    .list(join(store.directory, "runs"))
    .filter((name) => !name.startsWith("."))
    .sort()
    .reverse();
}
