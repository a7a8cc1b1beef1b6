import { join } from "node:path";
import { diskTrouble, isDiskTrouble } from "../model/disk-trouble.ts";
import { InternalError } from "../model/error.ts";
import type { HeldLock } from "../host/lock.ts";
import { Journal } from "./journal.ts";
import { readJournal } from "./read-journal.ts";
import { writeCrash, writeEnd, type Ending } from "./write-end.ts";
import type { RunStoreOptions } from "./run-store.ts";
import { durabilityOf, type EndRecord, type Will } from "./will.ts";

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
  readonly #found: Will | undefined;
  readonly #onSettled: (() => void)[] = [];
  #settled = false;
  #unwritten: { readonly record: EndRecord; readonly error: unknown } | undefined;

  constructor(
    options: RunStoreOptions & {
      readonly will: Will;
      /** The will of a run that is gone on with, as it was. */
      readonly found?: Will;
      readonly held: HeldLock;
      readonly redact: (text: string) => string;
      readonly onJournalError?: (error: unknown) => void;
    },
  ) {
    this.#store = options;
    this.#lock = options.held;
    this.#redact = options.redact;
    this.#will = options.will;
    this.#found = options.found;
    this.id = options.will.runId;
    this.directory = join(options.directory, "runs", this.id);
    this.journal = new Journal({
      file: options.files.append(join(this.directory, "journal.jsonl")),
      redact: options.redact,
      onError: (error) => {
        this.#trouble("its journal is not whole", error);
      },
    });
  }

  /** Whether a sentinel watches it. */
  isWatched = false;
  /** What of it could not be written, a sentence each: the run goes on without. */
  readonly troubles: string[] = [];

  get will(): Will {
    return this.#will;
  }

  /** Completes the will with what only the loaded flow knows. */
  identify(more: Partial<Omit<Will, "version" | "runId" | "project" | "startedAt">>): void {
    this.#will = { ...this.#will, ...more };
    try {
      this.#store.files.replace(
        join(this.directory, "will.json"),
        JSON.stringify(this.#will),
        durabilityOf(this.#will),
      );
    } catch (error) {
      this.#trouble("if it dies, not all of it will be known", error);
    }
  }

  #trouble(what: string, error: unknown): void {
    if (!isDiskTrouble(error)) throw error;
    this.troubles.push(`run ${this.id}: ${what}: ${diskTrouble(error)} (${this.#store.directory})`);
  }

  /**
   * Writes the terminal record, durably.
   * @returns the record that stands: another's where a reaper was first
   */
  end(ending: Ending): { readonly record: EndRecord; readonly isOurs: boolean } {
    this.journal.flush();
    const written = writeEnd(this.#store, this.#will, { ...ending, writtenBy: "runner" }, this.#redact);
    this.#unwritten = "error" in written ? { record: written.record, error: written.error } : undefined;
    return written;
  }

  /**
   * Writes the terminal record of a run whose process is about to end before its time.
   * What is to be told of it is left to a reaper.
   */
  crash(cause: string): EndRecord {
    this.journal.flush();
    const events = readJournal(this.id, this.#store.files.read(join(this.directory, "journal.jsonl")) ?? "");
    return writeCrash(this.#store, this.#will, { cause, events, writtenBy: "runner", redact: this.#redact }).record;
  }

  /** Leaves a run that was to be gone on with as it was found. */
  giveBack(): void {
    if (this.#found === undefined) throw new InternalError(`run ${this.id} was not gone on with`);
    const { part = 1 } = this.#found;
    // First its end: without one it would be taken for dead, and that would be told.
    this.#store.files.rename(endOfPart(this.directory, part), join(this.directory, "end.json"));
    this.#store.files.replace(
      join(this.directory, "will.json"),
      JSON.stringify(this.#found),
      durabilityOf(this.#found),
    );
    this.settle();
  }

  /** Calls back when the run is settled: for what has watched over it until then. */
  onSettled(callback: () => void): void {
    this.#onSettled.push(callback);
  }

  /** There may be room by now for a record that could not be written. Without its mark nobody will call it crashed. */
  #writeAtLast(): void {
    if (this.#unwritten === undefined) return;
    const { record, error } = this.#unwritten;
    try {
      this.#store.files.create(join(this.directory, "end.json"), JSON.stringify(record));
      this.#unwritten = undefined;
    } catch {
      this.#trouble("its end is not on record", error);
    }
  }

  /** Another process runs the flow, under another id: this run has never been. */
  abandon(): void {
    this.settle();
    this.#store.files.remove(this.directory);
  }

  /** All that the end of the run causes is safe: nothing is left for a reaper. */
  settle(): void {
    this.#close(() => {
      settleRun(this.#store, this.id);
    });
  }

  /** It has ended, and not all that it causes is safe: a reaper goes on from its record. Nothing where it is settled. */
  leave(): void {
    // Without a record it would be taken for crashed.
    this.#close(() => {
      if (this.#unwritten !== undefined) settleRun(this.#store, this.id);
    });
  }

  #close(mark: () => void): void {
    if (this.#settled) return;
    this.#settled = true;
    this.#writeAtLast();
    for (const callback of this.#onSettled) callback();
    this.journal.close();
    mark();
    this.#lock.release();
  }
}

/** Where the terminal record of an earlier part of a run is. */
export function endOfPart(directory: string, part: number): string {
  return join(directory, `end-${String(part)}.json`);
}

/** Takes away a run's mark: nobody will look at it as a dead one. */
export function settleRun(store: RunStoreOptions, runId: string): void {
  store.files.remove(join(store.directory, "live", runId));
}
