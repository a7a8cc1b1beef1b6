import type { RunEvent, TaskState } from "./event.ts";
import type { StateType } from "./state.ts";
import { verdictOf, type Verdict } from "./verdict.ts";

/** How many tasks ended how. Of a mapped task its children are counted; what was not needed is in none. */
export interface Counts {
  readonly ok: number;
  readonly failed: number;
  readonly skipped: number;
  readonly cancelled: number;
}

/** One task that failed, or did not run because another failed. */
export interface Failure {
  readonly task: string;
  readonly mapIndex?: number;
  readonly type: StateType;
  readonly message: string | null;
  readonly attempts: number;
  readonly durationMs: number;
  /** The task whose failure this one only follows from. */
  readonly causedBy?: string;
}

/** A task that has started and not ended. */
export interface Underway {
  readonly task: string;
  readonly mapIndex?: number;
  readonly attempt: number;
  /** Epoch milliseconds of its first attempt. */
  readonly since: number;
}

/** How many failures are kept one by one; the others are counted. */
const KEPT = 100;

/**
 * Gathers from a run's events how its tasks ended. It holds no more than what is under
 * way and the first failures, however many tasks there are.
 */
export class Tally {
  readonly #counts = { ok: 0, failed: 0, skipped: 0, cancelled: 0 };
  readonly #underway = new Map<string, Underway>();
  readonly #own: Failure[] = [];
  readonly #knockOn: Failure[] = [];
  readonly #notNeeded: string[] = [];
  readonly #paused = new Map<string, string | undefined>();

  get counts(): Counts {
    return this.#counts;
  }

  /** In the order in which they started. */
  get underway(): readonly Underway[] {
    return [...this.#underway.values()];
  }

  /** Those first that failed by themselves; not all of them where there are very many. */
  get failures(): readonly Failure[] {
    return [...this.#own, ...this.#knockOn];
  }

  /** Notification tasks whose trigger did not hold. */
  get notNeeded(): readonly string[] {
    return this.#notNeeded;
  }

  /** Tasks that wait for a person: by label, with the texts that a prompt takes. */
  get paused(): readonly { readonly label: string; readonly wanted: string | undefined }[] {
    return Array.from(this.#paused, ([label, wanted]) => ({ label, wanted }));
  }

  /** Takes an event in. @returns what a person would say of it, and the task's time so far */
  add(event: RunEvent): { readonly verdict: Verdict; readonly durationMs: number } | undefined {
    // A run that was gone on with: what stands is told again.
    if (event.type === "run-started") this.#forget();
    if (event.type !== "task-state") return undefined;
    const verdict = verdictOf(event);
    if (verdict === undefined) return undefined;
    const key = labelOf(event);
    const since = this.#underway.get(key)?.since ?? event.at;
    const durationMs = Math.max(event.at - since, 0);
    if (verdict === "start") this.#start(event, key, since);
    else if (verdict === "paused") {
      this.#underway.delete(key);
      if (this.#paused.size < KEPT) this.#paused.set(key, event.to.type === "Paused" ? event.to.answers : undefined);
    } else if (verdict !== "retry") {
      this.#underway.delete(key);
      this.#end(event, verdict, durationMs);
    }
    return { verdict, durationMs };
  }

  #forget(): void {
    Object.assign(this.#counts, { ok: 0, failed: 0, skipped: 0, cancelled: 0 });
    this.#underway.clear();
    this.#paused.clear();
    for (const list of [this.#own, this.#knockOn, this.#notNeeded]) list.length = 0;
  }

  #start(event: TaskState, key: string, since: number): void {
    const { task, mapIndex, attempt } = event;
    // Written out, not spread: it is done for each task.
    this.#paused.delete(key);
    this.#underway.set(key, mapIndex === undefined ? { task, attempt, since } : { task, mapIndex, attempt, since });
  }

  #end(event: TaskState, verdict: Verdict, durationMs: number): void {
    const { to } = event;
    switch (verdict) {
      case "fail":
        this.#counts.failed += 1;
        this.#keep(this.#own, event, durationMs);
        break;
      case "skip":
        this.#counts.skipped += 1;
        if (to.type === "TriggerFailed") this.#keep(this.#knockOn, event, durationMs);
        break;
      case "ok":
      case "cached":
        this.#counts.ok += 1;
        break;
      case "kept":
        if (to.type === "Skipped") this.#counts.skipped += 1;
        else this.#counts.ok += 1;
        break;
      case "cancelled":
        this.#counts.cancelled += 1;
        break;
      case "not-needed":
        if (this.#notNeeded.length < KEPT) this.#notNeeded.push(labelOf(event));
        break;
      case "start":
      case "retry":
      case "paused":
        break;
    }
  }

  #keep(list: Failure[], event: TaskState, durationMs: number): void {
    if (list.length >= KEPT) return;
    const { type, message } = event.to;
    const because = event.causedBy === undefined ? {} : { causedBy: event.causedBy };
    list.push({ ...place(event), type, message, attempts: event.attempt, durationMs, ...because });
  }
}

function place(event: TaskState): { readonly task: string; readonly mapIndex?: number } {
  return event.mapIndex === undefined ? { task: event.task } : { task: event.task, mapIndex: event.mapIndex };
}

/** `name`, or `name[3]` for a mapped child. */
export function labelOf(event: { readonly task: string; readonly mapIndex?: number }): string {
  return event.mapIndex === undefined ? event.task : `${event.task}[${event.mapIndex}]`;
}
