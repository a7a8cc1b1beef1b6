import type { TaskState } from "../model/event.ts";
import type { Alert } from "../model/notification.ts";
import { isFailed, isFinished } from "../model/state.ts";
import { detailOf } from "./detail.ts";

type Failure = NonNullable<Alert["failures"]>[number];

/** Longest list that a message carries. */
const LISTED = 50;
/** Of so many failures the whole error is kept: the first of them that stands is told. */
const WHOLE = 5;

/** The tasks of one run that ended failed, as far as its events have told. */
export class Failures {
  readonly #own = new Map<string, Failure>();
  readonly #following = new Map<string, Failure>();
  readonly #errors = new Map<string, unknown>();

  /** Takes note of a task's new state. A notification task that was not needed has not failed. */
  add(event: TaskState): void {
    const name = subjectOf(event);
    if (isFailed(event.to) && event.willRetry !== true && !isNotNeeded(event)) {
      const failure = { task: name, type: event.to.type, message: firstLine(event.to.message) };
      (event.causedBy === undefined ? this.#own : this.#following).set(name, failure);
      if (event.causedBy === undefined && this.#errors.size < WHOLE) this.#errors.set(name, event.to.result);
    } else if (isFinished(event.to) && this.count > 0) {
      this.#own.delete(name);
      this.#following.delete(name);
      this.#errors.delete(name);
    }
  }

  get count(): number {
    return this.#own.size + this.#following.size;
  }

  /** Those first that failed by themselves; no more than a message can use. */
  list(): readonly Failure[] {
    return [...this.#own.values(), ...this.#following.values()].slice(0, LISTED);
  }

  /** The whole error of the first that failed by itself, where it says more than its first line. */
  detail(): string | undefined {
    for (const [name, error] of this.#errors) {
      const detail = detailOf(error);
      if (detail?.includes("\n") === true) return `${name}: ${detail}`;
    }
    return undefined;
  }
}

/** `load`, or `load[3]` for a mapped child. */
export function subjectOf({ task, mapIndex }: Pick<TaskState, "task" | "mapIndex">): string {
  return mapIndex === undefined ? task : `${task}[${String(mapIndex)}]`;
}

/** Whether a notification task was left out because its trigger did not hold: news for nobody. */
export function isNotNeeded({ kind, to }: Pick<TaskState, "kind" | "to">): boolean {
  return kind === "notification" && to.type === "TriggerFailed";
}

export function firstLine(text: string | null): string | null {
  return text === null ? null : (text.split("\n", 1)[0] ?? text);
}
