import type { TaskKind } from "../model/task.ts";
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
  if (chosen !== undefined && chosen.length > 0)
    return chosen.map((task) => plan.indexOf.get(task)).filter((index) => index !== undefined);
  const found = lastOf(plan, (kind) => kind === "notification" || kind === "cleanup");
  return found.length > 0 ? found : lastOf(plan, (kind) => kind === "cleanup");
}

/** The tasks with nothing below them. */
export function terminalTasks({ tasks, downStart }: Plan): readonly number[] {
  return range(tasks.length).filter((i) => downStart[i] === downStart[i + 1]);
}

function lastOf(plan: Plan, isOut: (kind: TaskKind) => boolean): readonly number[] {
  const { tasks, downStart, downTask } = plan;
  const out = new Uint8Array(tasks.length);
  tasks.forEach((task, i) => {
    if (isOut(task.kind)) out[i] = 1;
  });
  const below = (i: number): Int32Array => downTask.subarray(downStart[i], downStart[i + 1]);
  const isLast = (i: number): boolean => below(i).every((each) => out[each] === 1);
  const serves = (i: number): boolean =>
    out[i] === 0 && below(i).length > 0 && PLUMBING.has(tasks[i]?.kind ?? "task") && isLast(i);
  // Plumbing may stand behind plumbing: what is taken out can free what is above it.
  let candidates = range(tasks.length).filter(serves);
  while (candidates.length > 0) {
    for (const each of candidates) out[each] = 1;
    const above = new Set(candidates.flatMap((each) => Array.from(upstreams(plan, each))));
    candidates = [...above].filter(serves);
  }
  return range(tasks.length).filter((i) => out[i] === 0 && isLast(i));
}

function upstreams({ upStart, upTask }: Plan, i: number): Int32Array {
  return upTask.subarray(at(upStart, i), at(upStart, i + 1));
}

function range(length: number): number[] {
  return Array.from({ length }, (_, i) => i);
}
