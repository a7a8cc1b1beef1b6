import { isFinished, isPending, isRunning, state, type State } from "../model/state.ts";
import type { TaskKind } from "../model/task.ts";
import { end, goOn } from "./announce.ts";
import { PENDING, type TaskRun } from "./task-run.ts";
import { anySkipped, inputsOf } from "./upstream.ts";

/** Step 1: only what is pending, mapped or cached is looked at any further. */
export function isReady(run: TaskRun): State | Promise<State> {
  const { state: current } = run;
  if (current === PENDING || isPending(current) || current.type === "Mapped" || current.type === "Cached")
    return current;
  return end(run, current);
}

/** Step 2: a scheduled task waits for its time; without one it waits for somebody. */
export function hasReachedStartTime(run: TaskRun): State | Promise<State> {
  const { state: current } = run;
  if (current === PENDING || !("startTime" in current)) return current;
  if (current.startTime === null || current.startTime > run.runner.options.clock.now()) return end(run, current);
  return current;
}

/** Step 3: nothing starts before its upstream tasks are finished. */
export function upstreamsFinished(run: TaskRun): State | Promise<State> {
  const isOpen = run.map === undefined ? run.runner.isOpen(run.index) : run.map.isOpen(run.mapIndex);
  return isOpen ? run.state : end(run, run.state);
}

/** Step 4: a skipped upstream skips the task, before its trigger is asked. */
export function upstreamsSkipped(run: TaskRun): State | Promise<State> {
  if (!run.task.skipOnUpstreamSkip || !anySkipped(run)) return run.state;
  const message = "An upstream task was skipped. To run all the same, set skipOnUpstreamSkip: false.";
  return end(run, run.make("Skipped", message, null));
}

/** Step 6: what keyed edges and constants hand in; a failed upstream hands in its error. */
export function collectInputs(run: TaskRun): State {
  run.inputs = inputsOf(run);
  return run.state;
}

/** Step 11: from Pending only; a valid Cached state ends here. */
export function setRunning(run: TaskRun): State | Promise<State> {
  if (run.state !== PENDING && !isPending(run.state)) return end(run, run.state);
  return goOn(run, run.make("Running", "Starting.", null));
}

/** The inner state of Submitted, Queued and ClientFailed, which stand around another. */
export function unwrapped(wrapped: State): State {
  let inner = wrapped;
  while (inner.type === "Submitted" || inner.type === "Queued" || inner.type === "ClientFailed")
    inner = inner.state ?? state("Pending");
  return inner;
}

/** What of a state given from outside a task starts from; what holds no lasting value is done anew. */
export function restorable(given: State | undefined, kind: TaskKind): State | undefined {
  if (given === undefined) return undefined;
  const known = unwrapped(given);
  const isRenewed = kind === "secret" || kind === "resource" || kind === "cleanup";
  return isRenewed && isFinished(known) && known.type !== "Cached" ? undefined : known;
}

/** Where a pass has ended: done, waiting for a time, waiting for a person, or stuck. */
export type Rest = "done" | "wait" | "paused" | "stuck";

/** What the state in which a pass ended asks for. */
export function restOf(ended: State): Rest {
  if (ended.type === "Success" || isFinished(ended)) return "done";
  if (isPending(ended)) return ended.type === "Paused" && ended.startTime === null ? "paused" : "wait";
  return isRunning(ended) ? "stuck" : "wait";
}
