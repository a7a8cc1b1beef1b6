import { writtenDuration } from "../model/duration.ts";
import { EndRun, Signal } from "../model/signal.ts";
import { isRunning, state, type State } from "../model/state.ts";
import { isPlumbing } from "../model/verdict.ts";
import { end, goOn } from "./announce.ts";
import { explain } from "./handler-call.ts";
import { bodyContext } from "./handler-context.ts";
import type { TaskRun } from "./task-run.ts";
import { isThenable } from "./thenable.ts";

/** Why a body's signal was aborted. */
export class TimeoutError extends Error {
  override readonly name = "TimeoutError";
}

/**
 * Step 12: the task function is called, and its outcome becomes a state. The start of the task, and the end of all
 * tasks before it, are written out first: the function may end the process.
 */
export function runBody(run: TaskRun): State | Promise<State> {
  if (!isRunning(run.state)) return end(run, run.state);
  const written = isPlumbing(run.task.kind) ? undefined : run.runner.events.flush();
  if (written === undefined) return callInTime(run);
  return written.then(() => {
    if (run.dead) return run.state;
    // Another task may have ended meanwhile: back to what is to be written out.
    return run.isStopped ? end(run, cancelled(run)) : runBody(run);
  });
}

function callInTime(run: TaskRun): State | Promise<State> {
  run.inBody = true;
  const { timeout } = run.task;
  const { clock } = run.runner.options;
  const deadline = timeout === undefined || timeout <= 0 ? undefined : clock.monotonic() + timeout;
  let value: unknown;
  try {
    value = callBody(run);
  } catch (thrown) {
    return goOn(run, afterThrow(run, thrown));
  }
  if (isThenable(value)) return awaitBody(run, value, timeout).then((reached) => goOn(run, reached));
  // A body that never lets go of the thread cannot be stopped, but it was late.
  if (deadline !== undefined && clock.monotonic() > deadline) return goOn(run, timedOut(run, timeout ?? 0));
  return goOn(run, succeeded(run, value));
}

function callBody(run: TaskRun): unknown {
  const { options } = run.runner;
  const context = bodyContext(run);
  if (options.within === undefined) return run.task.run(run.inputs, context);
  const name = run.task.name;
  return options.within(run.mapIndex < 0 ? { name } : { name, mapIndex: run.mapIndex }, () =>
    run.task.run(run.inputs, context),
  );
}

function succeeded(run: TaskRun, value: unknown): State {
  return run.make("Success", "Done.", value === undefined ? null : value);
}

function afterThrow(run: TaskRun, thrown: unknown): State {
  if (!(thrown instanceof Signal)) return run.make("Failed", explain(thrown), thrown);
  if (thrown instanceof EndRun) run.ending = true;
  const reached = run.adopt(thrown.state);
  if (reached.type !== "Looped" || reached.message !== null) return reached;
  return { ...reached, message: `Looping (${reached.loopCount}).` };
}

function timedOut(run: TaskRun, timeout: number): State {
  const error = new TimeoutError(`The task did not end within ${writtenDuration(timeout)}.`);
  return run.make("TimedOut", error.message, error);
}

/**
 * Waits for the task function. Its timeout and the end of the run abort its
 * signal; then the attempt is over as soon as the function settles, at the
 * latest when its grace is over and its processes are gone. What comes later is
 * dropped.
 */
function awaitBody(run: TaskRun, value: PromiseLike<unknown>, timeout: number | undefined): Promise<State> {
  const { clock } = run.runner.options;
  return new Promise((resolve) => {
    let timer: unknown;
    let late: State | undefined;
    const settle = (reached: () => State): void => {
      if (run.interrupt === undefined) return;
      run.interrupt = undefined;
      if (timer !== undefined) clock.clearTimeout(timer);
      resolve(run.isStopped ? cancelled(run) : (late ?? reached()));
    };
    run.interrupt = (reason) => {
      const interrupt = (): void => {
        settle(() => run.make("Cancelled", reason.message, null));
      };
      const { awaited } = run;
      if (awaited === undefined) interrupt();
      else void awaited.then(interrupt);
    };
    if (timeout !== undefined && timeout > 0)
      timer = clock.setTimeout(() => {
        const error = timedOut(run, timeout);
        late = error;
        run.abort(error.result as Error);
        timer = clock.setTimeout(() => {
          run.interrupt?.(error.result as Error);
        }, run.stopPolicy.graceMs);
      }, timeout);
    value.then(
      (result) => {
        settle(() => succeeded(run, result));
      },
      (thrown: unknown) => {
        settle(() => afterThrow(run, thrown));
      },
    );
  });
}

/** The state of a task that the end of the run cut short. */
export function cancelled(run: TaskRun): State {
  run.ending = true;
  return run.make("Cancelled", run.runner.stopping?.message ?? "Cancelled.", null);
}

/** A pass that broke in our own hands or in a predicate's: no handler is asked. */
export function broken(run: TaskRun, thrown: unknown): State {
  run.ending = true;
  return run.adopt(
    state("Failed", { message: `Unexpected error while running the task: ${explain(thrown)}`, result: thrown }),
  );
}
