import { join } from "node:path";
import { isStateType, type StateType } from "../model/state.ts";
import type { Durability } from "../host/files.ts";
import type { HeldLock } from "../host/lock.ts";
import type { RunStoreOptions } from "./run-store.ts";

/**
 * The file in `live/` that says that a run has neither ended nor been left to nobody. Its name is all there is to it:
 * a rename takes no room, so it holds how the run ended where the disk did not take the run record.
 *
 * `ID` → removed · `ID` → `ID.STATE` (no record) → `ID.STATE.reported` (its notifications are delivered) → removed
 */
export interface ActiveMarker {
  readonly runId: string;
  /** How the run ended; absent while it runs, and where it crashed. */
  readonly ended?: { readonly state: StateType; readonly isReported: boolean };
}

/** The markers of all runs, in the order in which the runs began. */
export function listMarkers({ files, directory }: MarkerStore): readonly ActiveMarker[] {
  return [...files.list(join(directory, "live"))].sort().map(parse);
}

export function createMarker({ files, directory }: MarkerStore, marker: ActiveMarker, how: Durability): void {
  files.create(pathOf(directory, marker), "", how);
}

/** Whether the marker is still there as it was found. */
export function hasMarker({ files, directory }: MarkerStore, marker: ActiveMarker): boolean {
  return files.stat(pathOf(directory, marker)) !== undefined;
}

export function removeMarker({ files, directory }: MarkerStore, marker: ActiveMarker): void {
  files.remove(pathOf(directory, marker));
}

/** Changes what a marker says. @returns the marker that is on disk: the one before where the disk refuses */
export function changeMarker({ files, directory }: MarkerStore, from: ActiveMarker, to: ActiveMarker): ActiveMarker {
  try {
    files.rename(pathOf(directory, from), pathOf(directory, to));
    return to;
  } catch {
    return from;
  }
}

type MarkerStore = Pick<RunStoreOptions, "files" | "directory">;

function parse(name: string): ActiveMarker {
  const [runId = "", state, word] = name.split(".");
  if (!isStateType(state)) return { runId: name };
  return { runId, ended: { state, isReported: word === REPORTED } };
}

function pathOf(directory: string, { runId, ended }: ActiveMarker): string {
  const parts = ended === undefined ? [] : [ended.state, ...(ended.isReported ? [REPORTED] : [])];
  return join(directory, "live", [runId, ...parts].join("."));
}

const REPORTED = "reported";

/** Longest time that a process may take to exit once the record of its run is written, and between two looks. */
const EXIT_MS = 5000;
const POLL_MS = 25;

/**
 * The lock of a run whose record is written and whose process has not exited yet: Node closes the sentinel's pipe
 * early in its exit, and the lock is free at the very end. Only for the caller that asks for this run.
 */
export async function lockOnceExited(
  { store, runId }: { readonly store: RunStoreOptions; readonly runId?: string },
  marker: ActiveMarker,
): Promise<HeldLock | undefined> {
  const directory = join(store.directory, "runs", marker.runId);
  for (let waited = 0; waited < EXIT_MS; waited += POLL_MS) {
    const isEnding = hasMarker(store, marker) && store.files.stat(join(directory, "end.json")) !== undefined;
    if (runId === undefined || !isEnding) return undefined;
    await new Promise<void>((resolve) => store.clock.setTimeout(resolve, POLL_MS));
    const held = await store.locks.tryLock(join(directory, "lock"), { create: false });
    if (held !== undefined) return held;
  }
  return undefined;
}
