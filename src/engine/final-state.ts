import { isFailed, isFinished, isSuccessful, SOME_FAILED, state, type State } from "../model/state.ts";
import type { Task } from "../model/task.ts";

/**
 * The state a run comes to when all has been done that can be done. A mapped
 * task counts through its children.
 *
 * @param states all tasks' states, by index
 * @param terminal the tasks with nothing below them: all finished, or the run is not
 * @param reference the tasks that decide
 */
export function finalState(states: readonly State[], terminal: readonly number[], reference: readonly number[]): State {
  if (someOf(states, terminal, (each) => !isFinished(each))) {
    if (states.some(isPaused)) return state("Paused", { message: "Waiting for a person: resume the run to go on." });
    const message = "Some tasks never finished: a state handler left them in a state that is not final.";
    return state("Failed", { message });
  }
  if (someOf(states, reference, isFailed)) return state("Failed", { message: SOME_FAILED });
  if (someOf(states, reference, (each) => each.type === "Cancelled"))
    return state("Cancelled", { message: "Some reference tasks were cancelled." });
  if (someOf(states, reference, (each) => !isSuccessful(each)))
    return state("Success", { message: "No reference task failed." });
  return state("Success", { message: "All reference tasks succeeded." });
}

/**
 * Says why a run failed in which nothing that decides it failed by itself: reference tasks whose trigger did not hold,
 * although no task before them failed.
 *
 * @param isCaused whether a failure only follows from another task's
 */
export function withReason(proposed: State, deciders: Deciders, isCaused: (index: number) => boolean): State {
  if (proposed.message !== SOME_FAILED) return proposed;
  const { states, tasks, reference } = deciders;
  const failed = reference.filter((index) => someOf(states, [index], isFailed));
  const [first] = failed;
  const isReason = (index: number): boolean =>
    !isCaused(index) && !someOf(states, [index], (each) => isFailed(each) && each.type !== "TriggerFailed");
  if (first === undefined || !failed.every(isReason)) return proposed;
  const { name, trigger } = tasks[first] as Task;
  const called = trigger?.triggerName ?? "its trigger";
  const message = `Failed because reference task ${name} did not run (${called}); set referenceTasks.`;
  return { ...proposed, message };
}

interface Deciders {
  readonly states: readonly State[];
  readonly tasks: readonly Task[];
  /** The indices of the tasks that decide. */
  readonly reference: readonly number[];
}

function someOf(states: readonly State[], indices: readonly number[], holds: (each: State) => boolean): boolean {
  for (const index of indices) {
    const each = states[index] as State;
    if (each.type === "Mapped" ? each.children.some(holds) : holds(each)) return true;
  }
  return false;
}

function isPaused(each: State): boolean {
  return each.type === "Paused" || (each.type === "Mapped" && each.children.some(isPaused));
}
