import { referenceTasksOf } from "../authoring/graph-queries.ts";
import { PLUMBING } from "../coordinator/plumbing.ts";
import type { Flow } from "../model/flow.ts";
import type { Task } from "../model/task.ts";
import type { Warn } from "./lint-flow.ts";
import { holdsWhenAll, tryTrigger } from "./try-trigger.ts";

/** Warns of tasks that decide the state of a run in a way that surprises: only those that nobody has chosen. */
export function lintReferences(flow: Flow, warn: Warn): void {
  if ((flow.chosenReferenceTasks ?? []).length > 0) return;
  if (flow.tasks.every(({ trigger }) => trigger === undefined)) return;
  const references = new Set(referenceTasksOf(flow));
  const reaches = failureReach(flow, references);
  for (const task of references) {
    const { name, kind, trigger } = task;
    const called = trigger?.triggerName;
    if (kind === "notification" || called === undefined || called === "manual_only") continue;
    const above = upstreamOf(flow, task);
    if (above.length === 0 || tryTrigger(flow, task) === "never") continue;
    const hidden = above.filter((each) => !reaches(each));
    if (holdsWhenAll(flow, task, "Success") === false)
      warn(task, "trigger", {
        code: "REFERENCE_TASK_NOT_RUN",
        message: `task "${name}" decides the run's state: the run fails when its trigger ${called} does not hold, although every other task succeeded`,
        help: choose(above),
      });
    else if (hidden.length > 0 && holdsWhenAll(flow, task, "Failed") === true)
      warn(task, "trigger", {
        code: "REFERENCE_TASK_HIDES_FAILURE",
        message: `task "${name}" decides the run's state, and runs after failures, too (${called}): the run succeeds although ${quoted(hidden)} failed`,
        help: choose(hidden),
      });
  }
}

const quoted = (tasks: readonly Task[]): string => tasks.map(({ name }) => `"${name}"`).join(" or ");

function choose(tasks: readonly Task[]): string {
  const names = tasks.map(({ name }) => name).join(", ");
  return `choose the tasks that decide: referenceTasks: [${names}] in YAML, flow.setReferenceTasks([…]) in code`;
}

/** The tasks right before this one, as far as a person counts them. */
function upstreamOf(flow: Flow, task: Task): readonly Task[] {
  const from = flow.edges.filter(({ to }) => to === task).map((edge) => edge.from);
  return [...new Set(from)].filter(({ kind }) => kind !== "notification" && kind !== "cleanup" && !PLUMBING.has(kind));
}

/** Whether a task's failure makes a reference task fail. */
function failureReach(flow: Flow, references: ReadonlySet<Task>): (task: Task) => boolean {
  const known = new Map<Task, boolean>();
  const reaches = (task: Task): boolean => {
    const before = known.get(task);
    if (before !== undefined) return before;
    known.set(task, references.has(task));
    const found =
      references.has(task) ||
      flow.edges.some(({ from, to }) => from === task && holdsWhenAll(flow, to, "Failed") !== true && reaches(to));
    known.set(task, found);
    return found;
  };
  return reaches;
}
