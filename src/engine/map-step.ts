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
