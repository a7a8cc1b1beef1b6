import type { TaskState } from "../model/event.ts";
import { isWanted, type Notifier } from "../model/notifier.ts";
import { isFinished, isOfFamily } from "../model/state.ts";
import { isNotNeeded } from "./failures.ts";

/** What a notifier does with a task's change of state (design decision 7). */
export type Decision = "tell" | "silent" | "group" | "fold" | "count";

/**
 * - a failure that will be retried does not stand: silent, unless `attempts`
 *   (Retrying, where it is wanted, tells of it by itself)
 * - a failure that only follows from another folds into that one's message
 * - a mapped child's failure joins its siblings', and so does every other end of it; that it
 *   starts is no news, and neither is that its parent is about to
 */
export function decide(notifier: Notifier, event: TaskState): Decision {
  if (!isWanted(notifier, event.to.type) || isNotNeeded(event)) return "silent";
  if (event.willRetry === true) return notifier.attempts === true ? "tell" : "silent";
  if (!isOfFamily(event.to.type, "Failed")) return ofMap(notifier, event);
  if (event.causedBy !== undefined && notifier.onlyStates?.includes("TriggerFailed") !== true) return "fold";
  return event.mapIndex === undefined ? "tell" : "group";
}

function ofMap(notifier: Notifier, { to, mapIndex }: TaskState): Decision {
  if (mapIndex === undefined) {
    return to.type === "Mapped" && notifier.onlyStates?.includes("Mapped") !== true ? "count" : "tell";
  }
  if (isFinished(to)) return "count";
  return to.type === "Retrying" || to.type === "Paused" ? "tell" : "silent";
}
