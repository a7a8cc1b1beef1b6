import { join } from "node:path";
import type { HeldLock } from "../host/lock.ts";
import type { Counts, Failure } from "../model/tally.ts";
import type { StateType } from "../model/state.ts";
import { Journal } from "./journal.ts";
import { rememberState } from "./last-state.ts";
import type { RunStoreOptions } from "./run-store.ts";
import type { EndRecord, Will } from "./will.ts";

/** How a run ended: its terminal record, but for what its will knows. */
export interface Ending {
  readonly state: StateType;
  readonly message: string | null;
  readonly counts: Counts;
  readonly failures: readonly Failure[];
  readonly reason?: "refused";
}

/**
 * A run that goes on, on disk. It lives from `begin` to `settle`; where it dies on the
 * way, its lock is free and its mark is there, and a reaper goes on from its will.
 *
 * armed (will) → ended (terminal record) → settled (no mark, no lock)
 */
export class ActiveRun {
  readonly id: string;
  readonly directory: string;
  readonly journal: Journal;
  readonly #store: RunStoreOptions;
  readonly #lock: HeldLock;
  readonly #redact: (text: string) => string;
  #will: Will;
  #settled = false;

  constructor(
    options: RunStoreOptions & {
      readonly will: Will;
      readonly held: HeldLock;
      readonly redact: (text: string) => string;
      readonly onJournalError?: (error: unknown) => void;
    },
  ) {
    this.#store = options;
    this.#lock = options.held;
    this.#redact = options.redact;
    this.#will = options.will;
    this.id = options.will.runId;
    this.directory = join(options.directory, "runs", this.id);
    this.journal = new Journal({
      file: options.files.append(join(this.directory, "journal.jsonl")),
      redact: options.redact,
      onError: (error) => {
        this.journalError ??= error;
      },
    });
  }

  /** Why the journal is not whole: the disk's error. */
  journalError: unknown = undefined;

  get will(): Will {
    return this.#will;
  }

  /** Completes the will with what only the loaded flow knows. */
  identify(more: Partial<Omit<Will, "version" | "runId" | "project" | "startedAt">>): void {
    this.#will = { ...this.#will, ...more };
    this.#store.files.replace(join(this.directory, "will.json"), JSON.stringify(this.#will));
  }

  /**
   * Writes the terminal record, durably.
   * @returns the record that stands: another's where a reaper was first
   */
  end(ending: Ending): { readonly record: EndRecord; readonly isOurs: boolean } {
    this.journal.flush();
    return writeEnd(this.#store, this.#will, { ...ending, writtenBy: "runner" }, this.#redact);
  }

  /** All that the end of the run causes is safe: nothing is left for a reaper. */
  settle(): void {
    if (this.#settled) return;
    this.#settled = true;
    this.journal.close();
    settleRun(this.#store, this.id);
    this.#lock.release();
  }
}

/** Writes a run's terminal record unless there is one. */
export function writeEnd(
  store: RunStoreOptions,
  will: Will,
  ending: Ending & { readonly writtenBy: EndRecord["writtenBy"] },
  redact: (text: string) => string,
): { readonly record: EndRecord; readonly isOurs: boolean } {
  const now = store.clock.now();
  const { runId, flow, project, startedAt } = will;
  const text = (message: string | null): string | null => (message === null ? null : redact(message));
  const record: EndRecord = {
    version: 1,
    runId,
    flow,
    project,
    startedAt,
    ...(will.file === undefined ? {} : { file: will.file }),
    endedAt: new Date(now).toISOString(),
    durationMs: Math.max(now - Date.parse(startedAt), 0),
    ...ending,
    message: text(ending.message),
    failures: ending.failures.map((each) => ({ ...each, message: text(each.message) })),
  };
  const path = join(store.directory, "runs", runId, "end.json");
  if (store.files.create(path, JSON.stringify(record))) {
    rememberState(store, record);
    return { record, isOurs: true };
  }
  return { record: JSON.parse(store.files.read(path) ?? "{}") as EndRecord, isOurs: false };
}

/** Takes away a run's mark: nobody will look at it as a dead one. */
export function settleRun(store: RunStoreOptions, runId: string): void {
  store.files.remove(join(store.directory, "live", runId));
}
