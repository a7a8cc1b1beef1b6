import { join } from "node:path";
import type { Clock } from "../host/clock.ts";
import type { Files } from "../host/files.ts";
import type { Random } from "../host/host.ts";
import type { HeldLock, Locks } from "../host/lock.ts";
import { readable } from "../model/disk-trouble.ts";
import { InternalError } from "../model/error.ts";
import { createMarker } from "./active-marker.ts";
import { ActiveRun } from "./active-run.ts";
import { lastStateOf, type LastState, type RunPart } from "./last-state.ts";
import { lockFlow, type FlowLock } from "./lock-flow.ts";
import type { Project } from "./project.ts";
import { prune, pruneByItself, type PruneOptions } from "./prune.ts";
import { readRun, type RunRecord } from "./run-record.ts";
import { reopen, type Reopening } from "./reopen.ts";
import { newRunId } from "./run-id.ts";
import { findRun, listRuns, type RunQuery } from "./select-run.ts";
import { durabilityOf, type Will } from "./will.ts";

/** What a run store is made of. */
export interface RunStoreOptions {
  readonly files: Files;
  readonly clock: Clock;
  readonly random: Random;
  readonly locks: Locks;
  /** The state directory, as `openStateDirectory` answered it. */
  readonly directory: string;
  readonly project: Project;
}

/** What a run is begun with: its will, but for what the store knows. */
export type RunDraft = Omit<Will, "version" | "runId" | "project" | "startedAt">;

/** The record of a project's runs, on disk. */
export interface RunStore {
  readonly options: RunStoreOptions;
  /**
   * Begins a run: its directory, its lock, its will. What the disk refuses of these is one of its `troubles`.
   * @param redact takes secrets out of all that is written
   */
  begin(draft: RunDraft, redact: (text: string) => string): Promise<ActiveRun>;
  /**
   * Goes on with a run that has ended, under its own id.
   * @throws UserError "locked" where it goes on already
   */
  reopen(run: RunRecord, changes: Reopening, redact: (text: string) => string): Promise<ActiveRun>;
  /** Takes the flow's lock for a run that wants to be the only one of it. */
  lockFlow(flow: string, runId: string): Promise<FlowLock>;
  /** Newest first. */
  list(query?: RunQuery): readonly RunRecord[];
  /**
   * One run by its id, the beginning of it, `last` or `last-failed`.
   * @throws UserError "usage" where none or several fit
   */
  find(reference: string): RunRecord;
  /** By its whole id, of whatever project. */
  read(runId: string): RunRecord | undefined;
  /**
   * How the flow's latest run ended, and how many failed in a row.
   * @param before a run, or a later part of one: what was so before that one ended
   * @param project the run's own, where it is not the store's
   */
  lastState(flow: string, before?: RunPart, project?: string): LastState | undefined;
  /** Removes old runs; without options by the defaults and once a day at most. @returns their ids */
  prune(options?: PruneOptions): readonly string[];
}

/** Attempts at a free id; two of one moment are equal once in 32,768 times. */
const ATTEMPTS = 5;

/** Opens the store of a project's runs. */
export function openRunStore(options: RunStoreOptions): RunStore {
  return {
    options,
    begin: (draft, redact) => begin(options, draft, redact),
    reopen: (run, changes, redact) => reopen(options, run, changes, redact),
    lockFlow: (flow, runId) => lockFlow(options, flow, runId),
    list: (query) => listRuns(options, query),
    find: (reference) => findRun(options, reference),
    read: (runId) => readRun(options, runId),
    lastState: (flow, before, name) => lastStateOf(options, flow, before, name),
    prune: (more) => (more === undefined ? readable(() => pruneByItself(options), []) : prune(options, more)),
  };
}

async function begin(options: RunStoreOptions, draft: RunDraft, redact: (text: string) => string): Promise<ActiveRun> {
  const { clock, random, project } = options;
  for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
    const runId = newRunId(clock.now(), random);
    const startedAt = new Date(clock.now()).toISOString();
    const will: Will = { version: 1, runId, project: project.name, startedAt, ...draft };
    const start = await writeStart(options, will, attempt === ATTEMPTS - 1);
    if (start !== undefined) return new ActiveRun({ ...options, will, redact, ...start });
  }
  throw new InternalError("no free run id was found");
}

/**
 * Writes what a run starts with, as far as the disk takes it: its directory, lock, marker and manifest.
 * @param isLast whether a lock that another holds is one that the file system refuses: some say of all that they are
 *   taken
 * @returns undefined where the id is another run's
 */
async function writeStart(
  options: RunStoreOptions,
  will: Will,
  isLast: boolean,
): Promise<{ readonly held: HeldLock | undefined; readonly startError?: unknown } | undefined> {
  const { files, locks, directory } = options;
  const path = join(directory, "runs", will.runId);
  const how = durabilityOf(will);
  const errors: unknown[] = [];
  const attempt = <T>(operation: () => T): T | undefined => {
    try {
      return operation();
    } catch (error) {
      errors.push(error);
      return undefined;
    }
  };
  attempt(() => {
    files.makeDirectory(path, how);
  });
  const held = await locks.tryLock(join(path, "lock")).catch((error: unknown) => {
    errors.push(error);
    return "refused" as const;
  });
  if (held === undefined) {
    if (!isLast) return undefined;
    errors.push(new Error("the file system says of each lock that another process holds it"));
  }
  const lock = held === "refused" ? undefined : held;
  // The marker comes first: a manifest without one would never be looked at. A run without a lock would count as
  // crashed, so it has none.
  if (lock !== undefined)
    attempt(() => {
      createMarker(options, { runId: will.runId }, how);
    });
  if (attempt(() => files.create(join(path, "will.json"), JSON.stringify(will), how)) === false) {
    lock?.release();
    return undefined;
  }
  return { held: lock, ...(errors.length === 0 ? {} : { startError: errors[0] }) };
}
