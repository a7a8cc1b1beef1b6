import type { Task } from "../model/task.ts";
import { voicesOf, type Voices } from "./handler-call.ts";
import type { RunOptions } from "./run-options.ts";
import type { TaskRun } from "./task-run.ts";

/** Who is asked and told at the transitions of each task: its own handlers, `onFailure`, then those of config. */
export class TaskVoices {
  readonly #options: RunOptions;
  readonly #known = new Map<Task, Voices<Task>>();

  constructor(options: RunOptions) {
    this.#options = options;
  }

  /** @returns undefined where there is nobody, as for most tasks */
  of({ task, unmet }: TaskRun): Voices<Task> | undefined {
    const { stateHandlers, onFailure } = task;
    const isConfigured = this.#options.taskHandlers !== undefined;
    if (!isConfigured && stateHandlers.length === 0 && onFailure === undefined) return undefined;
    // A notification that was not needed is nobody's business but its own (design decision 6).
    if (unmet && task.kind === "notification") return voicesOf<Task>(stateHandlers, onFailure, []);
    const known = this.#known.get(task);
    if (known !== undefined) return known;
    const made = voicesOf<Task>(stateHandlers, onFailure, this.#options.taskHandlers?.(task) ?? []);
    this.#known.set(task, made);
    return made;
  }
}
