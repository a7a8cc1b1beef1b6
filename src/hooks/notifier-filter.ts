import type { TaskState } from "../model/event.ts";
import type { Notifier } from "../model/notifier.ts";
import { isOfFamily, type State, type StateType } from "../model/state.ts";
import { isNotNeeded } from "./failures.ts";

/**
 * Whether a notifier speaks of a state at all: not if it is of an ignored family,
 * then only if it is of a wanted one.
 * Source: Prefect 1.x, `ignore_states` and `only_states` of its notifiers.
 */
export function isWanted(notifier: Pick<Notifier, "onlyStates" | "ignoreStates">, to: StateType): boolean {
  const among = (families: readonly StateType[]): boolean => families.some((family) => isOfFamily(to, family));
  if (notifier.ignoreStates !== undefined && among(notifier.ignoreStates)) return false;
  return notifier.onlyStates === undefined || among(notifier.onlyStates);
}

/** What a notifier does with a task's change of state (design decision 7). */
export type Decision = "tell" | "silent" | "group" | "fold";

/**
 * - a failure that will be retried does not stand: silent, unless `attempts`
 *   (Retrying, where it is wanted, tells of it by itself)
 * - a failure that only follows from another folds into that one's message
 * - a mapped child's failure joins its siblings'
 */
export function decide(notifier: Notifier, event: TaskState): Decision {
  if (!isWanted(notifier, event.to.type) || isNotNeeded(event)) return "silent";
  if (event.willRetry === true) return notifier.attempts === true ? "tell" : "silent";
  if (!isOfFamily(event.to.type, "Failed")) return "tell";
  if (isFollowing(event.to, event.causedBy) && notifier.onlyStates?.includes("TriggerFailed") !== true) return "fold";
  return event.mapIndex === undefined ? "tell" : "group";
}

function isFollowing(to: State, causedBy: string | undefined): boolean {
  return causedBy !== undefined && to.type === "TriggerFailed";
}
