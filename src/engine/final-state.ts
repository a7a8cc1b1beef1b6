import { isFailed, isFinished, isSuccessful, state, type State } from "../model/state.ts";

/**
 * The state a run comes to when all has been done that can be done.
 *
 * @param terminal states of the tasks with nothing below them, children of maps one by one
 * @param reference states of the tasks that decide
 * @param all every task's state, to say what is left
 */
export function finalState(terminal: readonly State[], reference: readonly State[], all: readonly State[]): State {
  if (!terminal.every(isFinished)) {
    if (all.some(isPaused)) return state("Paused", { message: "Waiting for a person: resume the run to go on." });
    return state("Failed", {
      message: "Some tasks never finished: a state handler left them in a state that is not final.",
    });
  }
  if (reference.some(isFailed)) return state("Failed", { message: "Some reference tasks failed." });
  if (reference.some((each) => each.type === "Cancelled"))
    return state("Cancelled", { message: "Some reference tasks were cancelled." });
  if (reference.every(isSuccessful)) return state("Success", { message: "All reference tasks succeeded." });
  return state("Success", { message: "No reference task failed." });
}

function isPaused(each: State): boolean {
  return each.type === "Paused" || (each.type === "Mapped" && each.children.some(isPaused));
}
