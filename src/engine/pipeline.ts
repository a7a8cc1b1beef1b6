import { broken, cancelled, runBody } from "./body-step.ts";
import { end, record } from "./announce.ts";
import { cacheOutput, useCache } from "./cache-steps.ts";
import { becomeMapped } from "./map-step.ts";
import {
  collectInputs,
  hasReachedStartTime,
  isReady,
  setRunning,
  upstreamsFinished,
  upstreamsSkipped,
} from "./readiness.ts";
import { goRound, retryFailure } from "./retry-step.ts";
import type { State } from "../model/state.ts";
import type { TaskRun } from "./task-run.ts";
import { isThenable } from "./thenable.ts";
import { triggerHolds } from "./trigger-step.ts";

/** One step of a task run: what the state becomes. It promises only where something has to be awaited. */
type Step = (run: TaskRun) => State | Promise<State>;

/** The steps of a task run, in Prefect's order. Source: Prefect 1.x, the task runner. */
const PIPELINE: readonly Step[] = [
  isReady,
  hasReachedStartTime,
  upstreamsFinished,
  upstreamsSkipped,
  collectInputs,
  becomeMapped,
  useCache,
  triggerHolds,
  setRunning,
  runBody,
  cacheOutput,
  retryFailure,
  goRound,
];

/**
 * Takes a pass through the steps, from `first` on. It answers nothing when all of
 * it was done at once, and a promise from the first step that had to wait.
 */
export function advance(run: TaskRun, first: number): void | Promise<void> {
  for (let i = first; i < PIPELINE.length && !run.ending; i++) {
    let reached: State | Promise<State>;
    try {
      // Cancelling may have come while the last step waited.
      reached = run.isStopped ? end(run, cancelled(run)) : (PIPELINE[i] as Step)(run);
    } catch (thrown) {
      reached = record(run, broken(run, thrown));
    }
    if (isThenable(reached)) return later(run, i, reached);
    run.state = reached;
    if (!run.again) continue;
    run.again = false;
    i = -1;
    const { slice } = run.runner;
    if (slice.isOver) return slice.end().then(() => advance(run, 0));
  }
  return undefined;
}

async function later(run: TaskRun, step: number, pending: PromiseLike<State>): Promise<void> {
  try {
    run.state = await pending;
  } catch (thrown) {
    run.state = await record(run, broken(run, thrown));
  }
  return advance(run, step + 1);
}
