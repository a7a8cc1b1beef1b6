import { join } from "node:path";
import type { AppendFile } from "../host/files.ts";
import type { HeldLock } from "../host/lock.ts";
import { diskTrouble, readable } from "../model/disk-trouble.ts";
import { InternalError } from "../model/error.ts";
import { changeMarker, createMarker, hasMarker, removeMarker, type ActiveMarker } from "./active-marker.ts";
import { Journal } from "./journal.ts";
import { readJournal } from "./read-journal.ts";
import { readRunOrThrow, type RunRecord } from "./run-record.ts";
import { writeCrash, writeEnd, type Ending } from "./write-end.ts";
import type { RunStoreOptions } from "./run-store.ts";
import { durabilityOf, type EndRecord, type Will } from "./will.ts";

/**
 * A run that goes on, on disk. It lives from `begin` to `settle`; where it dies on the
 * way, its lock is free and its mark is there, and a reaper goes on from its will.
 *
 * armed (will) → ended (terminal record) → settled (no mark, no lock)
 *
 * No error of the disk leaves it: what could not be written is in `troubles`, and the run continues.
 */
export class ActiveRun {
  readonly id: string;
  readonly directory: string;
  readonly journal: Journal;
  readonly #store: RunStoreOptions;
  readonly #lock: HeldLock | undefined;
  /** Whether the disk refused a part of what it started with: one warning stands for all that it refuses later. */
  readonly isStartIncomplete: boolean;
  readonly #startError: unknown;
  readonly #redact: (text: string) => string;
  #will: Will;
  readonly #found: Will | undefined;
  readonly #onSettled: (() => void)[] = [];
  #marker: ActiveMarker;
  #settled = false;
  #unwritten: { readonly record: EndRecord; readonly error: unknown } | undefined;

  constructor(
    options: RunStoreOptions & {
      readonly will: Will;
      /** The will of a run that is gone on with, as it was. */
      readonly found?: Will;
      readonly held: HeldLock | undefined;
      /** The disk's error where its directory, lock, marker or manifest could not be made. */
      readonly startError?: unknown;
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
    this.#marker = { runId: this.id };
    this.directory = join(options.directory, "runs", this.id);
    this.#startError = options.startError;
    this.isStartIncomplete = options.startError !== undefined;
    if (options.startError !== undefined)
      this.troubles.push(this.#sentence("the disk refuses a part of its record", options.startError));
    this.journal = new Journal({
      file: this.#openJournal(),
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

  /** The journal's file; one that takes nothing where it cannot be opened. */
  #openJournal(): AppendFile {
    const path = join(this.directory, "journal.jsonl");
    try {
      const file = this.#store.files.append(path);
      return {
        ...file,
        close: () => {
          this.#attempt("its journal is not whole", () => {
            file.close();
          });
        },
      };
    } catch (error) {
      const refuse = (): never => {
        throw error;
      };
      return { write: refuse, sync: refuse, close: () => undefined };
    }
  }

  /** Does one operation on the disk; where that fails the run continues without. */
  #attempt(what: string, operation: () => void): void {
    try {
      operation();
    } catch (error) {
      this.#trouble(what, error);
    }
  }

  #trouble(what: string, error: unknown): void {
    if (!this.isStartIncomplete) this.troubles.push(this.#sentence(what, error));
  }

  #sentence(what: string, error: unknown): string {
    return `run ${this.id}: ${what}: ${diskTrouble(error)} (${this.#store.directory})`;
  }

  /**
   * Writes the terminal record, durably.
   * @returns the record that stands: another's where a reaper was first
   */
  end(ending: Ending): { readonly record: EndRecord; readonly isOurs: boolean } {
    this.journal.flush();
    const written = writeEnd(this.#store, this.#will, { ...ending, writtenBy: "runner" }, this.#redact);
    if ("error" in written) {
      const { record, error } = written;
      this.#unwritten = { record, error };
      // Before anybody is notified: should this process die, a reaper says the same.
      this.#changeMarker({ state: record.state, isReported: false });
    }
    return written;
  }

  /**
   * Writes the terminal record of a run whose process is about to end before its time.
   * What is to be told of it is left to a reaper.
   */
  crash(cause: string): EndRecord {
    this.journal.flush();
    const journal = readable(() => this.#store.files.read(join(this.directory, "journal.jsonl")), undefined);
    const events = readJournal(this.id, journal ?? "");
    return writeCrash(this.#store, this.#will, { cause, events, writtenBy: "runner", redact: this.#redact }).record;
  }

  /** Leaves a run that was to be gone on with as it was found. */
  giveBack(): void {
    if (this.#found === undefined) throw new InternalError(`run ${this.id} was not gone on with`);
    try {
      putBack(this.#store, this.#found);
    } catch (error) {
      this.#trouble("it could not be left as it was", error);
      // Its marker stays: a reaper finds a run without a record.
      this.leave();
      return;
    }
    this.settle();
  }

  /** Calls back when the run is settled: for what has watched over it until then. */
  onSettled(callback: () => void): void {
    this.#onSettled.push(callback);
  }

  /** Writes what could not be written before: there may be room by now. */
  #writeAtLast(): void {
    const { files } = this.#store;
    try {
      if (this.isStartIncomplete) this.#completeStart();
      if (this.#unwritten === undefined) return;
      files.create(join(this.directory, "end.json"), JSON.stringify(this.#unwritten.record));
      this.#unwritten = undefined;
    } catch (error) {
      if (this.isStartIncomplete) this.troubles.shift();
      this.troubles.push(
        this.#sentence("its end is not on record", this.#startError ?? this.#unwritten?.error ?? error),
      );
    }
  }

  /** Makes what a reaper and `runs list` look for, but for the marker. */
  #completeStart(): void {
    const { files } = this.#store;
    const manifest = join(this.directory, "will.json");
    files.makeDirectory(this.directory, "quick");
    if (files.stat(manifest) === undefined) files.replace(manifest, JSON.stringify(this.#will), "quick");
    if (this.#lock === undefined) files.append(join(this.directory, "lock")).close();
  }

  /** Another process runs the flow, under another id: this run has never been. */
  abandon(): void {
    this.settle();
    this.#attempt("it could not be removed", () => {
      this.#store.files.remove(this.directory);
    });
  }

  /** All that the end of the run causes is safe: nothing is left for a reaper but to write a record that is missing. */
  settle(): void {
    this.#close(() => {
      if (this.#unwritten === undefined) this.#removeMarker();
      else this.#changeMarker({ state: this.#unwritten.record.state, isReported: true });
    });
  }

  /**
   * It has ended, and not all that it causes is safe: a reaper goes on from its record. Nothing where it is settled.
   * @param isReported whether its end is reported: then a reaper notifies nobody where there is no record. What was
   *   delivered is repeated under the same id where others were not notified
   */
  leave({ isReported = true }: { readonly isReported?: boolean } = {}): void {
    this.#close(() => {
      const ended = this.#unwritten === undefined ? undefined : { state: this.#unwritten.record.state, isReported };
      if (ended !== undefined) this.#changeMarker(ended);
      if (this.isStartIncomplete)
        this.#attempt("it is not marked as active", () => {
          // One that says how it ended must not stand beside one that does not: the run would count as crashed, too.
          if (hasMarker(this.#store, this.#marker)) return;
          this.#marker = { runId: this.id, ...(ended === undefined ? {} : { ended }) };
          createMarker(this.#store, this.#marker, "quick");
        });
    });
  }

  #removeMarker(): void {
    this.#attempt("it is still marked as active", () => {
      removeMarker(this.#store, this.#marker);
    });
  }

  #changeMarker(ended: NonNullable<ActiveMarker["ended"]>): void {
    this.#marker = changeMarker(this.#store, this.#marker, { runId: this.id, ended });
    // It would be taken for crashed, and that be told.
    if (ended.isReported && this.#marker.ended?.isReported !== true) this.#removeMarker();
  }

  #close(mark: () => void): void {
    if (this.#settled) return;
    this.#settled = true;
    this.#writeAtLast();
    for (const callback of this.#onSettled) callback();
    this.journal.close();
    mark();
    this.#attempt("its lock is not released", () => {
      this.#lock?.release();
    });
  }
}

/** Where the terminal record of an earlier part of a run is. */
export function endOfPart(directory: string, part: number): string {
  return join(directory, `end-${String(part)}.json`);
}

/** Leaves a run on disk that was to be resumed as it was found, whatever of it was changed. */
export function putBack({ files, directory: state }: RunStoreOptions, found: Will): void {
  const directory = join(state, "runs", found.runId);
  const aside = endOfPart(directory, found.part ?? 1);
  // First its end: without one it would be taken for dead, and that would be told.
  if (files.stat(aside) !== undefined) files.rename(aside, join(directory, "end.json"));
  files.replace(join(directory, "will.json"), JSON.stringify(found), durabilityOf(found));
}

/** Reads a run; one that was being resumed, and whose new part had not begun, gets the end back that it had. */
export function readUndone(store: RunStoreOptions, runId: string): RunRecord | undefined {
  const run = readRunOrThrow(store, runId);
  if (run === undefined || run.end !== undefined) return run;
  if (store.files.stat(endOfPart(run.directory, run.will.part ?? 1)) === undefined) return run;
  putBack(store, run.will);
  return readRunOrThrow(store, runId);
}
