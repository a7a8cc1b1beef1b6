import { formatDuration } from "../model/duration.ts";
import type { Hook } from "../model/hook.ts";
import { isOfFamily, type StateType } from "../model/state.ts";
import type { RunChange } from "./run-alert.ts";
import type { RunFacts } from "./told.ts";

const REPEAT_MS = 4 * 3_600_000;

/** Whether a hook tells the same only now and then: where it says so, and of failures from cron by default. */
export function tellsChanges({ notifyOn, events }: Hook, { startedBy }: RunFacts, to: StateType): boolean {
  if (notifyOn !== undefined) return notifyOn === "change";
  return startedBy === "cron" && isOfFamily(to, "Failed") && events?.includes("stillFailing") !== true;
}

/**
 * What `notifyOn: change` makes of an outcome that a hook asks for: news, the same as the run
 * before and due to be told again, or the same and not due.
 *
 * It is due again with each `repeat` counted from the first outcome of its kind. So nothing needs
 * to be remembered but how the earlier runs ended and which hooks heard of it, and whoever asks again comes to the same answer.
 */
export function repetition(hook: Hook, facts: RunFacts, change: RunChange): "news" | "due" | "repeat" {
  const { previous } = facts;
  if (!tellsChanges(hook, facts, change.to) || previous === undefined) return "news";
  const isAsked = (state: RunChange["to"]): boolean => hook.states.some((family) => isOfFamily(state, family));
  const isAlike = isOfFamily(previous.state, "Failed") === isOfFamily(change.to, "Failed");
  const isTold = isAsked(previous.state) || hook.events?.includes("stillFailing") === true;
  if (!isAlike || !isTold || !previous.heardBy.includes(hook.name)) return "news";
  const turn = (at: number): number => Math.floor((at - previous.since) / (hook.repeat ?? REPEAT_MS));
  return turn(change.foundAt ?? change.at) > turn(previous.at) ? "due" : "repeat";
}

/** Why a hook keeps quiet, for whoever asks where the message is. */
export function whyQuiet(hook: Hook, change: RunChange): string {
  const outcome = isOfFamily(change.to, "Failed") ? "still fails" : "ends as the run before did";
  const again = formatDuration(hook.repeat ?? REPEAT_MS);
  const why = hook.notifyOn === undefined ? " (from cron; notifyOn: always tells each)" : "";
  return `the flow ${outcome}, and hook "${hook.name}" tells the same again only every ${again}${why}`;
}
