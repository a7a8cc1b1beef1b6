import { join } from "node:path";
import type { HeldLock } from "../host/lock.ts";
import type { Processes } from "../host/process.ts";
import type { RunEvent, TaskOutput } from "../model/event.ts";
import { labelOf, type Underway } from "../model/tally.ts";
import { readable } from "../model/disk-trouble.ts";
import { hasMarker, lockOnceExited, listMarkers, removeMarker, type ActiveMarker } from "./active-marker.ts";
import { readUndone } from "./active-run.ts";
import { causeOfDeath, type Evidence, type ProcessEnd } from "./crash-message.ts";
import { rememberState } from "./last-state.ts";
import { flowLockPath } from "./lock-flow.ts";
import { leftBehind, removeUsed, type RecordedGroup } from "./process-ledger.ts";
import { readJournal, readTold } from "./read-journal.ts";
import type { RunRecord } from "./run-record.ts";
import type { RunStoreOptions } from "./run-store.ts";
import type { EndRecord, Will } from "./will.ts";
import { tallyOf, writeCrash, writeEnd, type WrittenEnd } from "./write-end.ts";

/** A run whose process is gone and that nobody has settled. Its lock is ours until `settle`. */
export interface DeadRun {
  readonly will: Will;
  /** The terminal record that stands: the runner's own, or Crashed. */
  readonly record: EndRecord;
  /** False where the disk did not take that record, or what it means to the flow: whoever looks next finds the run as it was. */
  readonly isWritten: boolean;
  /** The tasks that were running when it died. */
  readonly underway: readonly Underway[];
  /** The last lines that those tasks wrote; that any task wrote where none was running. */
  readonly lastLines: readonly string[];
  /** What its events have caused to be told, from its journal; the outbox knows most of it. */
  readonly told: readonly unknown[];
  /** How many of its task processes were still there. */
  readonly leftBehind: number;
  /** Leaves it to whoever looks next. */
  leave(): void;
  /** All that its end causes is safe: waits until its process groups have ended, and forgets the run. */
  settle(): Promise<void>;
}

/** What a look for dead runs is given. */
export interface ReapOptions {
  readonly store: RunStoreOptions;
  readonly processes: Processes;
  readonly redact: (text: string) => string;
  /** Only this run, also where it is another machine's: somebody says that it is dead. Without it all of this machine. */
  readonly runId?: string;
  /** Hears of a run of another machine that nothing has been heard of for an hour or more. */
  readonly onElsewhere?: (will: Will, silentMs: number) => void;
  /** Called for a run that the disk does not give: it stays as it is. */
  readonly onUnreadable?: (runId: string, error: unknown) => void;
  /** Hears of a run whose will says nothing any more: who was to be told of it stood there. */
  readonly onDamaged?: (runId: string, will: string) => void;
  /** How that run's process ended. */
  readonly end?: ProcessEnd;
}

/**
 * Looks for runs that died and gives each its terminal record, unless it has one: the
 * first writer wins. It costs one look into one directory where there are none.
 *
 * @returns those whose end nobody was told: tell it, then settle each
 */
export async function reap(options: ReapOptions): Promise<readonly DeadRun[]> {
  const live = readable(() => listMarkers(options.store), []);
  const wanted = options.runId === undefined ? live : live.filter(({ runId }) => runId === options.runId);
  const dead: DeadRun[] = [];
  for (const marker of wanted) {
    try {
      const found = await reapOne(options, marker);
      if (found !== undefined) dead.push(found);
    } catch (error) {
      // The others are not to wait for it. Its marker stays: whoever looks next tries again.
      options.onUnreadable?.(marker.runId, error);
    }
  }
  return dead;
}

async function reapOne(options: ReapOptions, marker: ActiveMarker): Promise<DeadRun | undefined> {
  const held = (await lockOf(options.store, marker)) ?? (await lockOnceExited(options, marker));
  if (held === undefined) return undefined;
  try {
    return await reapLocked(options, marker, held);
  } catch (error) {
    held.release();
    throw error;
  }
}

async function lockOf(store: RunStoreOptions, marker: ActiveMarker): Promise<HeldLock | undefined> {
  const path = join(store.directory, "runs", marker.runId);
  const held = await store.locks.tryLock(join(path, "lock"), { create: false });
  if (held === undefined) forgetIfEmpty(store, marker, path);
  return held;
}

async function reapLocked(options: ReapOptions, marker: ActiveMarker, held: HeldLock): Promise<DeadRun | undefined> {
  const { store, processes } = options;
  const { runId } = marker;
  const path = join(store.directory, "runs", runId);
  if (!hasMarker(store, marker)) {
    // Settled since it was looked for: where a full disk did not take its end, that is told all the same.
    held.release();
    return undefined;
  }
  // Read only now: before, its runner might still have changed it.
  const run = readUndone(store, runId);
  if (run === undefined) {
    // Its runner holds the lock before it leaves a mark: it, or its machine, died before its start was on record.
    removeMarker(store, marker);
    held.release();
    const will = join(path, "will.json");
    if ((store.files.stat(will)?.size ?? 0) > 0) options.onDamaged?.(runId, will);
    return undefined;
  }
  if (isElsewhere(processes, run.will) && options.runId === undefined) {
    // A directory shared between machines: a lock there may not reach here.
    held.release();
    const silentMs = store.clock.now() - lastWrite(store, run.directory);
    if (silentMs >= SILENT_MS) options.onElsewhere?.(run.will, silentMs);
    return undefined;
  }
  const orphans = orphansOf(options, run);
  // They have their grace while the message is written.
  const ending = Promise.all(orphans.map((each) => processes.endGroup(each.pid, each)));
  const locks = [held, await keepFlowLocked(store, run.will, orphans)];
  const release = (): void => void locks.map((lock) => lock?.release());
  const found = bury(options, run, { marker, orphans, ending, release });
  if (marker.ended?.isReported !== true) return found;
  // Only its record was missing.
  if (found.isWritten) await found.settle();
  else found.leave();
  return undefined;
}

/** The next run of the flow does not begin while processes of this one are still being ended. */
async function keepFlowLocked(
  { locks, directory }: RunStoreOptions,
  { project, flow, isAlone }: Will,
  orphans: readonly RecordedGroup[],
): Promise<HeldLock | undefined> {
  if (orphans.length === 0 || isAlone !== true) return undefined;
  // A lock that cannot be taken keeps nobody from being notified.
  return locks.tryLock(flowLockPath(directory, project, flow)).catch(() => undefined);
}

/** The processes of a dead run, and the locks that are held until they have ended. */
interface DeadRunParts {
  readonly marker: ActiveMarker;
  readonly orphans: readonly RecordedGroup[];
  readonly ending: Promise<unknown>;
  readonly release: () => void;
}

/** A run that writes nothing for so long may be dead: only a person knows whether its machine is. */
const SILENT_MS = 3_600_000;

function isElsewhere(processes: Processes, { machineId }: Will): boolean {
  const machine = processes.machineId();
  return machineId !== undefined && machine !== undefined && machineId !== machine;
}

function lastWrite({ files }: RunStoreOptions, directory: string): number {
  return Math.max(...["will.json", "journal.jsonl"].map((name) => files.stat(join(directory, name))?.modifiedMs ?? 0));
}

function bury(options: ReapOptions, run: RunRecord, { marker, orphans, ending, release }: DeadRunParts): DeadRun {
  const { store } = options;
  const journal = readable(() => store.files.read(join(run.directory, "journal.jsonl")), undefined) ?? "";
  const events = readJournal(run.runId, journal);
  const isRemembered = run.end === undefined || remember(store, run.end, run.will);
  const written: WrittenEnd =
    run.end === undefined ? writeMissing(options, { run, marker }, events) : { record: run.end, isOurs: false };
  const { underway } = tallyOf(events);
  return {
    will: run.will,
    record: written.record,
    isWritten: isRemembered && !("error" in written),
    underway,
    lastLines: lastLinesOf(events, underway),
    told: readTold(journal),
    leftBehind: orphans.length,
    leave: release,
    settle: async () => {
      await ending;
      removeUsed(store.files, run.directory);
      readable(() => {
        removeMarker(store, marker);
      }, undefined);
      release();
    },
  };
}

/** Writes the record that a run does not have: that it crashed, or what its marker says of its end. */
function writeMissing(
  options: ReapOptions,
  { run: { will }, marker: { ended } }: { readonly run: RunRecord; readonly marker: ActiveMarker },
  events: readonly RunEvent[],
): WrittenEnd {
  const { store, redact } = options;
  const lastSign = lastSignOf(options, will, events);
  if (ended === undefined) {
    const cause = causeOfDeath(will, evidence(options, will));
    return writeCrash(store, will, { cause, events, lastSign, writtenBy: "reaper", redact });
  }
  const { counts, failures } = tallyOf(events);
  const ending = {
    state: ended.state,
    message: "Its run record could not be written when it ended.",
    counts,
    failures,
    writtenBy: "reaper",
    ...(lastSign === undefined ? {} : { lastSign }),
    ...(ended.isReported ? { told: [] } : {}),
  } as const;
  return writeEnd(store, will, ending, redact);
}

/** A death that is found so soon after the last sign of life was seen, as near as it matters. */
const SOON_MS = 60_000;

/** When the run was last heard of, where that is all that is known of when it died. */
function lastSignOf(
  { store, processes, runId }: ReapOptions,
  will: Will,
  events: readonly RunEvent[],
): number | undefined {
  const now = store.clock.now();
  const isSameBoot = will.bootId === undefined || will.bootId === processes.bootId();
  // Whoever watches a run asks for it as it dies, however long it had been silent.
  if (runId !== undefined && isSameBoot && !isElsewhere(processes, will)) return undefined;
  const last = events.reduce((latest, { at }) => Math.max(latest, at), Date.parse(will.startedAt));
  return now - last > SOON_MS ? last : undefined;
}

/** How many lines a message of a death carries. */
const LINES = 12;

function lastLinesOf(events: readonly RunEvent[], underway: readonly Underway[]): readonly string[] {
  const running = new Set(underway.map(labelOf));
  const label = ({ task = "", mapIndex }: TaskOutput): string =>
    labelOf({ task, ...(mapIndex === undefined ? {} : { mapIndex }) });
  return events
    .flatMap((event) =>
      event.type === "task-output" && (running.size === 0 || running.has(label(event))) ? [event] : [],
    )
    .slice(-LINES)
    .map((event) => (running.size === 1 ? event.text : `${label(event)} | ${event.text}`));
}

/** @returns false where the disk refuses: then the run is left as it is, and whoever looks next tries again */
function remember(store: RunStoreOptions, end: EndRecord, will: Will): boolean {
  try {
    rememberState(store, end, will, true);
    return true;
  } catch {
    return false;
  }
}

function evidence({ processes, end }: ReapOptions, will: Will): Evidence {
  const { memory } = will;
  const kills = memory === undefined ? undefined : processes.memoryKills(memory.events);
  return {
    isElsewhere: isElsewhere(processes, will),
    bootId: processes.bootId(),
    end,
    isOutOfMemory: kills !== undefined && kills > (memory?.kills ?? 0),
  };
}

/** The process groups of a dead run that are still there. */
function orphansOf({ store, processes }: ReapOptions, { will, directory }: RunRecord): readonly RecordedGroup[] {
  // On another machine, and after a restart of this one, the numbers belong to others.
  if (isElsewhere(processes, will)) return [];
  if (will.bootId !== undefined && will.bootId !== processes.bootId()) return [];
  return leftBehind(store.files, directory).filter((each) => processes.signalGroup(each, 0));
}

function hasWill({ files }: RunStoreOptions, path: string): boolean {
  return files.stat(join(path, "will.json")) !== undefined;
}

/** How long a mark without a will may be that of a run that is just beginning. */
const BEGINNING_MS = 60_000;

function forgetIfEmpty(store: RunStoreOptions, marker: ActiveMarker, path: string): void {
  if (hasWill(store, path)) return;
  const since = store.files.stat(join(store.directory, "live", marker.runId))?.modifiedMs ?? 0;
  if (Math.abs(store.clock.now() - since) > BEGINNING_MS) removeMarker(store, marker);
}
