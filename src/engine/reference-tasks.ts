import type { Task, TaskKind } from "../model/task.ts";
import { at, type Plan } from "./plan.ts";

const PLUMBING: ReadonlySet<TaskKind> = new Set(["parameter", "constant", "collection", "secret"]);

/**
 * The indices of the tasks whose states decide the run's: those the person
 * chose, else the terminal tasks once notification and clean-up tasks, and
 * plumbing that serves only them, are taken out of the graph. A flow of nothing
 * else uses its notification tasks. Source: design decision 6.
 */
export function referenceTasks(plan: Plan): readonly number[] {
  const chosen = plan.flow.chosenReferenceTasks;
  if (chosen !== undefined && chosen.length > 0) return chosen.map(plan.indexOf).filter((index) => index !== undefined);
  const found = lastOf(plan, (kind) => kind === "notification" || kind === "cleanup");
  return found.length > 0 ? found : lastOf(plan, (kind) => kind === "cleanup");
}

/** The tasks with nothing below them. */
export function terminalTasks({ tasks, downStart }: Plan): readonly number[] {
  const found: number[] = [];
  for (let i = 0; i < tasks.length; i++) if (downStart[i] === downStart[i + 1]) found.push(i);
  return found;
}

function lastOf(plan: Plan, isOut: (kind: TaskKind) => boolean): readonly number[] {
  const { tasks, downStart, downTask } = plan;
  const out = new Uint8Array(tasks.length);
  for (let i = 0; i < tasks.length; i++) if (isOut((tasks[i] as Task).kind)) out[i] = 1;
  const isLast = (i: number): boolean => {
    for (let slot = at(downStart, i); slot < at(downStart, i + 1); slot++)
      if (out[at(downTask, slot)] === 0) return false;
    return true;
  };
  const found: number[] = [];
  // From the last task to the first: plumbing may stand behind plumbing.
  for (const i of inReverse(plan)) {
    if (out[i] === 1 || !isLast(i)) continue;
    const isServing = downStart[i] !== downStart[i + 1] && PLUMBING.has((tasks[i] as Task).kind);
    if (isServing) out[i] = 1;
    else found.push(i);
  }
  return found.sort((a, b) => a - b);
}

/** All tasks, each after all that are below it. */
function inReverse({ tasks, upStart, upTask, downStart }: Plan): Int32Array {
  const order = new Int32Array(tasks.length);
  const waiting = new Int32Array(tasks.length);
  let size = 0;
  for (let i = 0; i < tasks.length; i++) {
    waiting[i] = at(downStart, i + 1) - at(downStart, i);
    if (waiting[i] === 0) order[size++] = i;
  }
  for (let next = 0; next < size; next++) {
    const below = at(order, next);
    for (let slot = at(upStart, below); slot < at(upStart, below + 1); slot++) {
      const above = at(upTask, slot);
      waiting[above] = at(waiting, above) - 1;
      if (waiting[above] === 0) order[size++] = above;
    }
  }
  return order;
}
