import { formatDuration } from "../model/duration.ts";
import type { Hook } from "../model/hook.ts";
import { isOfFamily } from "../model/state.ts";
import type { RunChange } from "./run-alert.ts";
import type { RunFacts } from "./told.ts";

const REPEAT_MS = 4 * 3_600_000;

/**
 * What `notifyOn: change` makes of an outcome that a hook asks for: news, the same as the run
 * before and due to be told again, or the same and not due.
 *
 * It is due again with each `repeat` counted from the first outcome of its kind. So nothing needs
 * to be remembered but how the earlier runs ended, and whoever asks again comes to the same answer.
 */
export function repetition(hook: Hook, { previous }: RunFacts, change: RunChange): "news" | "due" | "repeat" {
  if (hook.notifyOn !== "change" || previous === undefined) return "news";
  const isAsked = (state: RunChange["to"]): boolean => hook.states.some((family) => isOfFamily(state, family));
  const isAlike = isOfFamily(previous.state, "Failed") === isOfFamily(change.to, "Failed");
  const isTold = isAsked(previous.state) || hook.events?.includes("stillFailing") === true;
  if (!isAlike || !isTold) return "news";
  const turn = (at: number): number => Math.floor((at - previous.since) / (hook.repeat ?? REPEAT_MS));
  return turn(change.at) > turn(previous.at) ? "due" : "repeat";
}

/** Why a hook keeps quiet, for whoever asks where the message is. */
export function whyQuiet(hook: Hook, change: RunChange): string {
  const outcome = isOfFamily(change.to, "Failed") ? "still fails" : "ends as the run before did";
  const again = formatDuration(hook.repeat ?? REPEAT_MS);
  return `the flow ${outcome}, and hook "${hook.name}" tells the same again only every ${again}`;
}
