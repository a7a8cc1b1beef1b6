import { isSuccessful, state, type State, type StateOf } from "../model/state.ts";
import { goOn } from "./announce.ts";
import type { TaskRun } from "./task-run.ts";
import { isThenable } from "./thenable.ts";

/** Step 9: a state cached by an earlier run, if it is still valid, stands in for the body. */
export function useCache(run: TaskRun): State | Promise<State> {
  const { state: current, task } = run;
  const { cache: store } = run.runner.options;
  if (current.type === "Cached")
    return isValid(run, current)
      ? current
      : goOn(run, state("Pending", { message: "The cached result is no longer valid." }));
  if (task.cache === undefined || store === undefined) return current;
  const found = store.read(keyOf(run), task);
  return isThenable(found) ? found.then((all) => choose(run, all)) : choose(run, found);
}

/** Step 13: a success becomes Cached, and is kept for other runs. */
export function cacheOutput(run: TaskRun): State | Promise<State> {
  const { state: current, task } = run;
  if (task.cache === undefined || !isSuccessful(current) || current.type === "Skipped") return current;
  const { clock, params, cache: store } = run.runner.options;
  const cached = state("Cached", {
    message: current.message,
    result: current.result,
    expires: clock.now() + task.cache.for,
    inputs: run.inputs,
    params,
    context: { ...current.context, cachedIn: run.runner.options.runId },
  });
  const reached = goOn(run, cached);
  return isThenable(reached) ? reached.then((each) => keep(run, store, each)) : keep(run, store, reached);
}

function keep(run: TaskRun, store: TaskRun["runner"]["options"]["cache"], reached: State): State | Promise<State> {
  if (reached.type !== "Cached" || store === undefined || !run.task.checkpoint) return reached;
  const written = store.write(keyOf(run), reached, run.task);
  return isThenable(written) ? written.then(() => reached) : reached;
}

/** What this very run has cached does not count: siblings that share a key all run. */
function choose(run: TaskRun, all: readonly StateOf<"Cached">[]): State | Promise<State> {
  const { runId } = run.runner.options;
  const valid = all.find((each) => each.context?.["cachedIn"] !== runId && isValid(run, each));
  return valid === undefined ? run.state : goOn(run, valid);
}

function isValid(run: TaskRun, cached: StateOf<"Cached">): boolean {
  const { clock, params } = run.runner.options;
  if (run.task.cache === undefined) return false;
  if (cached.expires !== null && cached.expires <= clock.now()) return false;
  return run.task.cache.validator?.(cached, run.inputs, params) ?? true;
}

function keyOf({ task, mapIndex }: TaskRun): string {
  const key = task.cache?.key ?? task.name;
  return mapIndex < 0 ? key : `${key}[${mapIndex}]`;
}
