import type { Edge } from "../model/edge.ts";
import { isPlainObject } from "../model/plain-object.ts";
import { isSuccessful, state, type State } from "../model/state.ts";
import { end } from "./announce.ts";
import { asList } from "./as-list.ts";
import { hasChildren } from "./map-run.ts";
import { at } from "./plan.ts";
import type { TaskRun } from "./task-run.ts";
import { isThenable } from "./thenable.ts";
import { causeOf, stateAt } from "./upstream.ts";

/**
 * Step 7: the parent of a mapped task always ends here. It has no trigger, no
 * cache and no body of its own; its children have.
 */
export function becomeMapped(run: TaskRun): State | Promise<State> {
  const { plan } = run.runner;
  if (plan.mapped[run.index] === 0 || run.map !== undefined) return run.state;
  const problem = listProblem(run);
  if (problem !== undefined) return end(run, run.make("Failed", problem, null));
  if (run.state.type === "Mapped") return end(run, run.state);
  let isMappable = false;
  let failure: State | undefined;
  for (let slot = at(plan.upStart, run.index); slot < at(plan.upStart, run.index + 1); slot++) {
    const each = stateAt(run, slot);
    if (!(plan.upEdge[slot] as Edge).mapped || !isSuccessful(each)) continue;
    isMappable = true;
    if (each.type === "Mapped" || asList(each.result) !== undefined) continue;
    failure ??= notAList(run, slot, each.result);
    if (!isPlainObject(each.result)) return end(run, failure);
  }
  if (!isMappable) {
    run.causedBy = causeOf(run);
    return end(run, run.make("Failed", "No upstream states can be mapped over.", null));
  }
  const heard = end(run, run.adopt(state("Mapped", { message: "Ready to be mapped." })));
  if (failure === undefined) return heard;
  const late = failure;
  return isThenable(heard) ? heard.then((each) => failLate(run, each, late)) : failLate(run, heard, late);
}

/** Returns why a task cannot be mapped over its lists, if it says so itself. */
export function listProblem(run: TaskRun): string | undefined {
  return run.task.checkLists?.(lengthsOf(run));
}

/** The lengths of the lists that a task is mapped over, by the key of each edge. An upstream without a list has none. */
function lengthsOf({ index, runner }: TaskRun): ReadonlyMap<string, number> {
  const { plan, states, maps } = runner;
  const lengths = new Map<string, number>();
  for (let slot = at(plan.upStart, index); slot < at(plan.upStart, index + 1); slot++) {
    const { key, mapped } = plan.upEdge[slot] as Edge;
    const upstream = at(plan.upTask, slot);
    const each = states[upstream] as State;
    if (key === undefined || !mapped || !isSuccessful(each)) continue;
    const children = maps.running.get(upstream)?.width ?? (each.type === "Mapped" ? each.children.length : undefined);
    const length = children ?? asList(each.result)?.length;
    if (length !== undefined) lengths.set(key, length);
  }
  return lengths;
}

/**
 * Prefect takes whatever has members for a list, announces Mapped, and falls over an object afterwards; unless a
 * state handler has replaced Mapped by then.
 */
function failLate(run: TaskRun, heard: State, failure: State): State | Promise<State> {
  if (!hasChildren(heard)) return heard;
  run.state = heard;
  return end(run, failure);
}

function notAList(run: TaskRun, slot: number, result: unknown): State {
  const { plan } = run.runner;
  const source = plan.tasks[at(plan.upTask, slot)]?.name ?? "";
  const kind =
    result === null || result === undefined
      ? "nothing"
      : typeof result === "object"
        ? "an object"
        : `a ${typeof result}`;
  const says = `The result of "${source}" is ${kind}, and only a list can be mapped over: return a list from "${source}".`;
  return run.make("Failed", says, null);
}
