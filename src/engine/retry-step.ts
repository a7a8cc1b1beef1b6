import { retryDelay } from "../model/retry.ts";
import { isFailed, state, type State } from "../model/state.ts";
import { goOn } from "./announce.ts";
import type { TaskRun } from "./task-run.ts";
import { willRetry } from "./will-retry.ts";

/** Step 14: a failed body is tried again, on a timer, while retries are left. */
export function retryFailure(run: TaskRun): State | Promise<State> {
  const policy = run.task.retry;
  if (policy === undefined || !isFailed(run.state) || !willRetry(run, run.state)) return run.state;
  const { clock, random } = run.runner.options;
  const delay = retryDelay(policy, run.attempt, run.state.result, random);
  const retrying = state("Retrying", {
    message: `Retrying after attempt ${run.attempt} of ${policy.max + 1}.`,
    startTime: clock.now() + delay,
    runCount: run.attempt,
    // A retry keeps its place in a loop.
    ...(run.loopCount === 1 ? {} : { result: run.loopResult, context: { loopCount: run.loopCount } }),
  });
  return goOn(run, run.adopt(retrying));
}

/** Step 15: a Looped body goes round again, from the first step. */
export function goRound(run: TaskRun): State {
  if (run.state.type === "Looped") run.goRound(run.state);
  return run.state;
}
