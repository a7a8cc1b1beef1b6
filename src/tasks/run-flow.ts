import type { Flow } from "../authoring/flow.ts";
import { task, type TaskFunction } from "../authoring/task-function.ts";
import type { TaskOptions } from "../authoring/task-options.ts";
import { EndRun } from "../model/signal.ts";
import { isSuccessful, state, type State } from "../model/state.ts";

/** What a run of a sub-flow takes. */
export interface RunFlowInputs {
  /** Values of the sub-flow's parameters. */
  readonly params?: Readonly<Record<string, unknown>>;
}

/** Runs a sub-flow with a place in the history; the command line lends it as `runFlow`. */
type RunFlow = (
  flow: Flow,
  options: { readonly params: Readonly<Record<string, unknown>>; readonly signal: AbortSignal },
) => Promise<{ readonly state: State }>;

/**
 * A task that runs another flow. It ends as that flow ends: a failed flow is a
 * failed task, and is retried as one.
 *
 * @returns a task function; its value is the sub-flow's final state type
 * @example const nightly = runFlow(nightlyFlow); flow("all", () => { nightly({ params: { date } }); });
 */
export function runFlow(flow: Flow, options: TaskOptions = {}): TaskFunction<RunFlowInputs, State["type"]> {
  return task({ name: flow.name, ...options }, async ({ params = {} }: RunFlowInputs, context) => {
    const { signal } = context;
    const lent = context.service("runFlow") as RunFlow | undefined;
    const { state: end } = lent
      ? await lent(flow, { params, signal })
      : await flow.run({
          params,
          signal,
          secrets: (name) => context.secret(name),
          notify: (request) => context.notify(request),
          service: (name) => context.service(name),
        });
    if (isSuccessful(end)) return end.type;
    const message = `flow "${flow.name}" ended ${end.type}${end.message === null ? "" : `: ${end.message}`}`;
    // eslint-disable-next-line @typescript-eslint/only-throw-error -- signals are not errors, on purpose
    if (end.type === "Cancelled") throw new EndRun(state("Cancelled", { message }));
    throw new Error(message, { cause: end.result });
  });
}
