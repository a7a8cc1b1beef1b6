import { labelOf } from "../model/tally.ts";
import type { RunEvent, TaskOutput } from "../model/event.ts";
import type { Verdict } from "../model/verdict.ts";

/** What a task wrote last. */
export interface Excerpt {
  readonly lines: readonly string[];
  /** How many lines came before them. */
  readonly earlier: number;
}

/** What a task wrote that wrote nothing. */
export const NOTHING: Excerpt = { lines: [], earlier: 0 };

/** Excerpts of failed tasks that are kept. */
const FAILED = 50;

/** Keeps the last lines of every task that runs or has failed, and forgets those of the others. */
export class OutputTail {
  readonly #limit: number;
  readonly #tails = new Map<string, { lines: string[]; earlier: number }>();
  #failed = 0;

  /** @param limit lines of each task */
  constructor(limit = 10) {
    this.#limit = limit;
  }

  /** Takes in a line; only what the task itself wrote, and errors and warnings logged for it. */
  add(event: TaskOutput): void {
    if (event.task === undefined || event.stream === "debug") return;
    const key = labelOf({ ...event, task: event.task });
    let tail = this.#tails.get(key);
    if (tail === undefined) this.#tails.set(key, (tail = { lines: [], earlier: 0 }));
    tail.lines.push(event.text);
    if (tail.lines.length <= this.#limit) return;
    tail.lines.shift();
    tail.earlier += 1;
  }

  /** A task has come to an end: only that of a failed one is worth keeping. */
  ended(event: RunEvent & { readonly type: "task-state" }, verdict: Verdict): void {
    if (verdict === "start" || verdict === "retry" || verdict === "paused") return;
    if (verdict === "fail" && this.#failed < FAILED) this.#failed += 1;
    else this.#tails.delete(labelOf(event));
  }

  of(label: string): Excerpt {
    return this.#tails.get(label) ?? NOTHING;
  }
}
