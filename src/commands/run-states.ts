import type { RunEvent } from "../model/event.ts";
import { isOfFamily, type StateType } from "../model/state.ts";

/**
 * The last state of each task of a run, by name. A mapped task is what its
 * children have come to: failed where one did, running until all are done.
 */
export function statesOf(events: readonly RunEvent[]): ReadonlyMap<string, StateType> {
  const own = new Map<string, StateType>();
  const children = new Map<string, Map<number, StateType>>();
  for (const event of events) {
    if (event.type !== "task-state") continue;
    const { task, mapIndex, to } = event;
    if (mapIndex === undefined) own.set(task, to.type);
    else children.set(task, (children.get(task) ?? new Map<number, StateType>()).set(mapIndex, to.type));
  }
  for (const [task, states] of children) own.set(task, together([...states.values()]));
  return own;
}

function together(states: readonly StateType[]): StateType {
  const failed = states.find((type) => isOfFamily(type, "Failed") && type !== "TriggerFailed");
  if (failed !== undefined) return failed;
  const open = states.find((type) => !isOfFamily(type, "Finished"));
  if (open !== undefined) return open;
  const others = states.filter((type) => !isOfFamily(type, "Success") || type === "Skipped");
  return others.length === states.length ? (others[0] ?? "Success") : "Success";
}
