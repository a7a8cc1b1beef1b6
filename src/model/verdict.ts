import type { TaskState } from "./event.ts";
import { isFailed, isFinished, isRunning, isSuccessful, type State } from "./state.ts";
import type { TaskKind } from "./task.ts";

/** What a person would say of a change of a task's state; `undefined` where there is nothing to say. */
export type Verdict =
  "start" | "ok" | "kept" | "cached" | "fail" | "retry" | "skip" | "not-needed" | "cancelled" | "paused";

/** Nodes that are in the graph but that nobody counts as a task. */
const PLUMBING: readonly string[] = ["parameter", "constant", "collection", "secret"] satisfies readonly TaskKind[];

/** Whether a task of this kind is left out of all that people are shown. */
export function isPlumbing(kind: string): boolean {
  return PLUMBING.includes(kind);
}

/**
 * Reads a transition as a person does. A notification task whose trigger did not hold was
 * not needed; another task whose trigger did not hold, because of a failure above it, was
 * skipped; a failure that will be retried is part of the retry.
 */
export function verdictOf(event: TaskState): Verdict | undefined {
  const { to } = event;
  // What nobody counts is seen where it is what failed: a list that is none, a result that cannot be had.
  if (isPlumbing(event.kind)) return isOwnFailure(event) ? "fail" : undefined;
  if (event.kept === true && isSuccessful(to)) return "kept";
  if (isRunning(to)) return isRunning(event.from) ? undefined : "start";
  if (to.type === "Retrying") return "retry";
  if (to.type === "Paused") return "paused";
  // Of a mapped task the children are what ends.
  // A success that is cached has been told of as one.
  if (to.type === "Cached" && event.from.type === "Success") return undefined;
  if (!isFinished(to) || to.type === "Looped" || to.type === "Mapped" || event.willRetry === true) return undefined;
  return final(event, to);
}

function isOwnFailure({ to, willRetry, causedBy }: TaskState): boolean {
  return isFailed(to) && to.type !== "TriggerFailed" && willRetry !== true && causedBy === undefined;
}

function final(event: TaskState, to: State): Verdict {
  if (to.type === "TriggerFailed" && event.kind === "notification") return "not-needed";
  if (to.type === "Skipped" || (isFailed(to) && event.causedBy !== undefined)) return "skip";
  if (to.type === "Cancelled") return "cancelled";
  if (isFailed(to)) return "fail";
  return to.type === "Cached" && isSuccessful(to) ? "cached" : "ok";
}
