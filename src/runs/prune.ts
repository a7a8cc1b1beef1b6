import { join } from "node:path";
import { readable } from "../model/disk-trouble.ts";
import { listMarkers } from "./active-marker.ts";
import { readRun, runIds } from "./run-record.ts";
import type { RunStoreOptions } from "./run-store.ts";

/** How long runs are kept. */
export interface PruneOptions {
  /** Older runs go. @default 30 days */
  readonly olderThanMs?: number;
  /** As many of each flow stay, whatever their age; more go only by age. */
  readonly keep?: number;
  /** More of one flow than this are never kept. @default 500 */
  readonly limit?: number;
  /** Only says which. */
  readonly dryRun?: boolean;
}

const DAY = 24 * 60 * 60 * 1000;

/** Removes runs of all projects that are too old or too many; never one that goes on. @returns their ids */
export function prune(store: RunStoreOptions, options: PruneOptions = {}): readonly string[] {
  const { files, clock, directory } = store;
  const oldest = clock.now() - (options.olderThanMs ?? 30 * DAY);
  const live = new Set(listMarkers(store).map((marker) => marker.runId));
  const seen = new Map<string, number>();
  const removed: string[] = [];
  for (const runId of runIds(store)) {
    if (live.has(runId)) continue;
    const run = readRun(store, runId);
    const flow = `${run?.will.project ?? ""}\0${run?.will.flow ?? ""}`;
    const rank = (seen.get(flow) ?? 0) + 1;
    seen.set(flow, rank);
    const startedAt = run === undefined ? modified(store, runId) : Date.parse(run.will.startedAt);
    const isKept = rank <= (options.keep ?? 0) || (startedAt >= oldest && rank <= (options.limit ?? 500));
    if (isKept) continue;
    const isGone =
      options.dryRun === true ||
      readable(() => {
        files.remove(join(directory, "runs", runId));
        return true;
      }, false);
    if (isGone) removed.push(runId);
  }
  return removed;
}

/**
 * Prunes with the defaults, once a day at most: what every run does at its end.
 * @returns the ids of the runs removed
 */
export function pruneByItself(store: RunStoreOptions): readonly string[] {
  const { files, clock, directory } = store;
  const mark = join(directory, "pruned");
  const last = files.stat(mark)?.modifiedMs ?? 0;
  if (clock.now() - last < DAY && last <= clock.now()) return [];
  try {
    files.replace(mark, "", "quick");
  } catch {
    // A full disk: to make room is right now.
  }
  return prune(store);
}

function modified(store: RunStoreOptions, runId: string): number {
  return readable(() => store.files.stat(join(store.directory, "runs", runId))?.modifiedMs ?? 0, Infinity);
}
