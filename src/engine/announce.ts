import { isFailed, type State } from "../model/state.ts";
import { callHandlers, type Heard } from "./handler-call.ts";
import { taskHandlerContext } from "./handler-context.ts";
import type { TaskRun } from "./task-run.ts";
import { isThenable } from "./thenable.ts";
import { willRetry } from "./will-retry.ts";

/**
 * The step goes on in this state. Another object than before is a transition:
 * state handlers may replace it, then it is recorded.
 */
export function goOn(run: TaskRun, to: State): State | Promise<State> {
  if (to === run.state || run.dead) return to;
  const voices = run.runner.voices.of(run);
  if (voices === undefined || voices.handlers.length === 0) return record(run, to);
  const heard = callHandlers({
    handlers: voices.handlers,
    subject: run.task,
    from: run.state,
    to,
    context: taskHandlerContext(run),
    adopt: (made) => run.adopt(made),
  });
  return isThenable(heard) ? heard.then((each) => accept(run, each)) : accept(run, heard);
}

/** The pipeline stops in this state: no later step, no retry. */
export function end(run: TaskRun, to: State): State | Promise<State> {
  run.ending = true;
  return goOn(run, to);
}

function accept(run: TaskRun, heard: Heard): State | Promise<State> {
  if (heard.ends) run.ending = true;
  return record(run, heard.state);
}

/** Puts a state into the run's events, without asking any handler. */
export function record(run: TaskRun, to: State): State | Promise<State> {
  const from = run.recorded;
  if (to === from || run.dead) return to;
  run.recorded = to;
  const written = run.runner.recordTask(run, from, to, isFailed(to) && willRetry(run, to));
  return written === undefined ? to : written.then(() => to);
}
