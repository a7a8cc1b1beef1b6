import { compile } from "../engine/plan.ts";
import { referenceTasks } from "../engine/reference-tasks.ts";
import { userError } from "../model/error.ts";
import type { Flow } from "../model/flow.ts";
import type { Task, TaskKind } from "../model/task.ts";
import { findCycle } from "./find-cycle.ts";

/** Chooses tasks; all that is given must hold. */
export interface TaskFilter {
  readonly name?: string;
  readonly slug?: string;
  /** All of these tags. */
  readonly tags?: readonly string[];
  readonly kind?: TaskKind;
  /** Tasks of this class. */
  readonly type?: abstract new (...args: never[]) => unknown;
}

/** @param slugs needed where the filter names a slug */
export function filterTasks(flow: Flow, filter: TaskFilter, slugs?: ReadonlyMap<Task, string>): readonly Task[] {
  const { name, slug, tags = [], kind, type } = filter;
  return flow.tasks.filter(
    (task) =>
      (name === undefined || task.name === name) &&
      (slug === undefined || slugs?.get(task) === slug) &&
      tags.every((tag) => task.tags.includes(tag)) &&
      (kind === undefined || task.kind === kind) &&
      (type === undefined || task instanceof type),
  );
}

/** Tasks without an upstream. */
export function rootTasks(flow: Flow): readonly Task[] {
  const below = new Set(flow.edges.map((edge) => edge.to));
  return flow.tasks.filter((task) => !below.has(task));
}

/** Tasks without a downstream. */
export function terminalTasks(flow: Flow): readonly Task[] {
  const above = new Set(flow.edges.map((edge) => edge.from));
  return flow.tasks.filter((task) => !above.has(task));
}

/** The tasks whose states decide the run's, as the engine chooses them. */
export function referenceTasksOf(flow: Flow): readonly Task[] {
  const plan = compile(flow);
  return referenceTasks(plan).flatMap((index) => plan.tasks[index] ?? []);
}

/** Tasks so that each comes after its upstreams, otherwise as they were added. @throws UserError for a cycle */
export function sortTasks(flow: Flow): readonly Task[] {
  const waiting = new Map(flow.tasks.map((task) => [task, 0]));
  const below = new Map<Task, Task[]>();
  for (const { from, to } of flow.edges) {
    waiting.set(to, (waiting.get(to) ?? 0) + 1);
    const list = below.get(from);
    if (list) list.push(to);
    else below.set(from, [to]);
  }
  const sorted = flow.tasks.filter((task) => waiting.get(task) === 0);
  for (const task of sorted) {
    for (const next of below.get(task) ?? []) {
      const left = (waiting.get(next) ?? 0) - 1;
      waiting.set(next, left);
      if (left === 0) sorted.push(next);
    }
  }
  if (sorted.length === flow.tasks.length) return sorted;
  const cycle =
    findCycle(flow)
      ?.map((task) => task.name)
      .join(" → ") ?? "";
  throw userError("usage", "FLOW_CYCLE", `Flow "${flow.name}": tasks wait for each other: ${cycle}.`);
}
