import type { Edge } from "../model/edge.ts";
import { isSuccessful, state, type State } from "../model/state.ts";
import { end } from "./announce.ts";
import { asList } from "./as-list.ts";
import { at } from "./plan.ts";
import type { TaskRun } from "./task-run.ts";
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
  for (let slot = at(plan.upStart, run.index); slot < at(plan.upStart, run.index + 1); slot++) {
    const each = stateAt(run, slot);
    if (!(plan.upEdge[slot] as Edge).mapped || !isSuccessful(each)) continue;
    isMappable = true;
    if (each.type !== "Mapped" && asList(each.result) === undefined) {
      const source = plan.tasks[at(plan.upTask, slot)]?.name ?? "";
      return end(run, run.make("Failed", `The result of "${source}" is not a list and cannot be mapped over.`, null));
    }
  }
  if (!isMappable) {
    run.causedBy = causeOf(run);
    return end(run, run.make("Failed", "No upstream states can be mapped over.", null));
  }
  return end(run, run.adopt(state("Mapped", { message: "Ready to be mapped." })));
}
