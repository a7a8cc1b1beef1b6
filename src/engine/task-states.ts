import type { State } from "../model/state.ts";
import type { Task } from "../model/task.ts";
import type { Plan } from "./plan.ts";

/** The states of a run's tasks by task, over the engine's own arrays: a million of them are not copied. */
export class TaskStates implements ReadonlyMap<Task, State> {
  readonly #plan: Plan;
  readonly #states: readonly State[];

  constructor(plan: Plan, states: readonly State[]) {
    this.#plan = plan;
    this.#states = states;
  }

  get size(): number {
    return this.#states.length;
  }
  get(task: Task): State | undefined {
    const index = this.#plan.indexOf(task);
    return index === undefined ? undefined : this.#states[index];
  }
  has(task: Task): boolean {
    return this.#plan.indexOf(task) !== undefined;
  }
  forEach(visit: (state: State, task: Task, map: ReadonlyMap<Task, State>) => void, that?: unknown): void {
    for (const [task, state] of this) visit.call(that, state, task, this);
  }
  keys(): MapIterator<Task> {
    return this.#plan.tasks.values();
  }
  *values(): MapIterator<State> {
    yield* this.#states;
  }
  *entries(): MapIterator<[Task, State]> {
    for (const [index, task] of this.#plan.tasks.entries()) yield [task, this.#states[index] as State];
  }
  [Symbol.iterator](): MapIterator<[Task, State]> {
    return this.entries();
  }
}
