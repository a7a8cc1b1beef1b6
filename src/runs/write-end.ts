import { join } from "node:path";
import type { RunEvent } from "../model/event.ts";
import { shownValue } from "../model/shown-value.ts";
import type { StateType } from "../model/state.ts";
import { Tally, type Counts, type Failure } from "../model/tally.ts";
import { crashMessage, foundLate } from "./crash-message.ts";
import { lastStateOf, rememberState } from "./last-state.ts";
import type { RunStoreOptions } from "./run-store.ts";
import { parseEnd, type EndRecord, type Will } from "./will.ts";

/** How a run ended: its terminal record, but for what its will knows. */
export interface Ending {
  readonly state: StateType;
  readonly message: string | null;
  readonly counts: Counts;
  readonly failures: readonly Failure[];
  /** What the flow's `result` came to. */
  readonly result?: unknown;
  readonly reason?: "refused";
  /** All that is to be told of it, redacted. */
  readonly told?: readonly unknown[];
}

/** The record that stands; with the disk's `error` where it could not be written. */
export type WrittenEnd =
  | { readonly record: EndRecord; readonly isOurs: boolean }
  | { readonly record: EndRecord; readonly isOurs: true; readonly error: unknown };

/**
 * Writes a run's terminal record unless there is one.
 * @param ending.lastSign of a run whose death nobody saw (epoch milliseconds): its end, for all that is known
 */
export function writeEnd(
  store: RunStoreOptions,
  will: Will,
  { lastSign, ...ending }: Ending & { readonly writtenBy: EndRecord["writtenBy"]; readonly lastSign?: number },
  redact: (text: string) => string,
): WrittenEnd {
  const now = store.clock.now();
  const at = lastSign ?? now;
  const { runId, flow, project, startedAt } = will;
  const text = (message: string | null): string | null => (message === null ? null : redact(message));
  const record: EndRecord = {
    version: 1,
    runId,
    flow,
    project,
    startedAt,
    ...(will.file === undefined ? {} : { file: will.file }),
    endedAt: new Date(at).toISOString(),
    ...(lastSign === undefined ? {} : { foundAt: new Date(now).toISOString() }),
    durationMs: Math.max(at - Date.parse(startedAt), 0),
    ...ending,
    ...(ending.result === undefined ? {} : { result: shownValue(ending.result, redact) }),
    message: text(ending.message),
    failures: ending.failures.map((each) => ({ ...each, message: text(each.message) })),
    ...(ending.told === undefined ? { previous: lastStateOf(store, flow, will, project) ?? null } : {}),
  };
  const path = join(store.directory, "runs", runId, "end.json");
  const written = JSON.stringify(record);
  try {
    if (!store.files.create(path, written)) {
      const other = parseEnd(store.files.read(path));
      if (other !== undefined) return { record: other, isOurs: false };
      // A part of a record, from a disk without hard links: its writer is gone, as we hold the run's lock.
      store.files.replace(path, written);
    }
  } catch (error) {
    return { record, isOurs: true, error };
  }
  try {
    rememberState(store, record, will);
  } catch {
    // A disk that fails: it costs a message too many, never one too few.
  }
  return { record, isOurs: true };
}

/** Writes that a run crashed, with what its journal knows of its tasks. */
export function writeCrash(
  store: RunStoreOptions,
  will: Will,
  crash: {
    /** One sentence. */
    readonly cause: string;
    /** Where nobody saw its death: its last sign of life, in epoch milliseconds. */
    readonly lastSign?: number | undefined;
    readonly events: readonly RunEvent[];
    readonly writtenBy: EndRecord["writtenBy"];
    readonly redact: (text: string) => string;
  },
): WrittenEnd {
  const { counts, failures, underway } = tallyOf(crash.events);
  const { lastSign, writtenBy } = crash;
  const late = lastSign === undefined ? {} : { lastSign };
  const found =
    lastSign === undefined ? "" : ` ${foundLate({ lastSign, now: store.clock.now(), zone: will.timezone ?? "UTC" })}`;
  const message = `${crashMessage(crash.cause, underway)}${found}`;
  const ending = { state: "Crashed", message, counts, failures, writtenBy, ...late } as const;
  return writeEnd(store, will, ending, crash.redact);
}

/** How far a run had come, by what its journal says. */
export function tallyOf(events: readonly RunEvent[]): Tally {
  const tally = new Tally();
  for (const event of events) tally.add(event);
  return tally;
}
