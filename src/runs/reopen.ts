import { join } from "node:path";
import { userError } from "../model/error.ts";
import { readable } from "../model/disk-trouble.ts";
import { createMarker, removeMarker } from "./active-marker.ts";
import { ActiveRun, endOfPart, putBack } from "./active-run.ts";
import { readRun, type RunRecord } from "./run-record.ts";
import type { RunStoreOptions } from "./run-store.ts";
import { durabilityOf, type Will } from "./will.ts";

/** What is different when a run is gone on with: its process, who started it, who is told. */
export type Reopening = Omit<
  Will,
  "version" | "runId" | "project" | "startedAt" | "flow" | "file" | "tags" | "isLoaded"
>;

/**
 * Goes on with a run that has ended: the same id, journal and directory, a new process. Its terminal record is
 * put aside, and it is armed again, so that a reaper finds it should this process die, too.
 *
 * @throws UserError "locked" where it goes on already, "usage" where it was removed or has not ended
 */
export async function reopen(
  options: RunStoreOptions,
  { runId, directory }: RunRecord,
  changes: Reopening,
  redact: (text: string) => string,
): Promise<ActiveRun> {
  const { files, locks } = options;
  const held = await locks.tryLock(join(directory, "lock"), { create: false });
  if (held === undefined) throw userError("locked", "RUN_LOCKED", `Run ${runId} goes on already.`);
  // Read only now: another may have gone on with it since it was found.
  const found = readRun(options, runId);
  if (found?.end === undefined) {
    held.release();
    throw userError("usage", "RUN_UNKNOWN", `Run ${runId} has no end to go on from.`, { help: "flowctl runs list" });
  }
  const part = found.will.part ?? 1;
  const will: Will = { ...found.will, ...changes, isLoaded: false, part: part + 1 };
  try {
    // As at a run's beginning the mark comes first.
    createMarker(options, { runId }, durabilityOf(will));
    files.rename(join(directory, "end.json"), endOfPart(directory, part));
    files.replace(join(directory, "will.json"), JSON.stringify(will), durabilityOf(will));
  } catch (error) {
    readable(() => {
      putBack(options, found.will);
      removeMarker(options, { runId });
    }, undefined);
    held.release();
    throw error;
  }
  return new ActiveRun({ ...options, will, found: found.will, held, redact });
}
