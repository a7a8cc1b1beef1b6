import type { Flow } from "../authoring/flow.ts";
import { Task } from "../authoring/task.ts";
import { taskFunction, type TaskFunction } from "../authoring/task-function.ts";
import type { TaskOptions } from "../authoring/task-options.ts";
import type { Logger } from "../model/logger.ts";
import { EndRun, Pause, Skip } from "../model/signal.ts";
import { isFailed, isSuccessful, SOME_FAILED, state, type State } from "../model/state.ts";
import { labelOf, type Failure } from "../model/tally.ts";
import type { TaskContext } from "../model/task.ts";

/** What a run of a sub-flow takes. */
export interface RunFlowInputs {
  /** Values of the sub-flow's parameters. */
  readonly params?: Readonly<Record<string, unknown>>;
}

/** How a sub-flow ended, and which of its tasks failed. */
interface Ended {
  readonly state: State;
  readonly failures: readonly Pick<Failure, "task" | "mapIndex" | "type" | "message" | "causedBy">[];
}

/** Runs a sub-flow with a run of its own in the history; the command line lends it as `runFlow`. */
type RunFlow = (
  flow: Flow,
  call: {
    readonly params: Readonly<Record<string, unknown>>;
    readonly signal: AbortSignal;
    /** The task that runs it, and which child of it. */
    readonly task: string;
    readonly mapIndex: number | undefined;
    readonly logger: Logger;
  },
) => Promise<Ended>;

/**
 * A task that runs another flow. It ends as that flow ends, as in Prefect: a failed flow is a failed task, and is
 * retried as one; a skipped one is skipped; a paused one pauses this run, too.
 *
 * @returns a task function; its value is the sub-flow's final state type
 * @example const nightly = runFlow(nightlyFlow); flow("all", () => { nightly({ params: { date } }); });
 */
export function runFlow(flow: Flow, options: TaskOptions = {}): TaskFunction<RunFlowInputs, State["type"]> {
  const named = { name: flow.name, ...options };
  return taskFunction(named.name, named, (merged) => new SubFlowTask(flow, merged));
}

class SubFlowTask extends Task<RunFlowInputs, State["type"]> {
  readonly subFlow: Flow;

  constructor(flow: Flow, options: TaskOptions) {
    super(options);
    this.subFlow = flow;
  }

  async run({ params = {} }: RunFlowInputs, context: TaskContext): Promise<State["type"]> {
    const { signal, mapIndex, logger } = context;
    const flow = this.subFlow;
    const lent = context.service("runFlow") as RunFlow | undefined;
    const running = lent
      ? lent(flow, { params, signal, task: nameOf(context), mapIndex, logger })
      : runHere(flow, params, context);
    // The sub-flow ends its own tasks, each within its own grace.
    context.waitUntil?.(running);
    const ended = await running;
    signal.throwIfAborted();
    return propagate(flow, ended);
  }
}

/** Without a command line, as under a test: in this process, and on no record. */
async function runHere(flow: Flow, params: RunFlowInputs["params"] & object, context: TaskContext): Promise<Ended> {
  const { state: end, taskStates } = await flow.run({
    params,
    signal: context.signal,
    secrets: (name) => context.secret(name),
    notify: (request) => context.notify(request),
    service: (name) => context.service(name),
  });
  const failed = [...taskStates].filter(([, each]) => isFailed(each) && each.type !== "TriggerFailed");
  return { state: end, failures: failed.map(([task, { type, message }]) => ({ task: task.name, type, message })) };
}

/** The task's own name, without the index of a mapped child. */
function nameOf({ taskName, mapIndex }: TaskContext): string {
  return mapIndex === undefined ? taskName : taskName.slice(0, -`[${mapIndex}]`.length);
}

/** @throws what makes the task end as the flow did */
function propagate(flow: Flow, { state: end, failures }: Ended): State["type"] {
  const own = end.message === SOME_FAILED ? failures.filter((each) => each.causedBy === undefined) : [];
  const said = own[0] === undefined ? end.message : firstOf(own[0], own.length - 1);
  const why = said === null ? "" : `: ${said}`;
  const message = `flow "${flow.name}" ended ${end.type}${why}`;
  if (end.type === "Skipped") throw new Skip(message); // eslint-disable-line @typescript-eslint/only-throw-error -- signals are not errors, on purpose
  if (end.type === "Paused") throw new Pause(`flow "${flow.name}" is paused${why}`); // eslint-disable-line @typescript-eslint/only-throw-error -- signals are not errors, on purpose
  if (end.type === "Cancelled") throw new EndRun(state("Cancelled", { message })); // eslint-disable-line @typescript-eslint/only-throw-error -- signals are not errors, on purpose
  if (isSuccessful(end)) return end.type;
  const failed = new Error(message, { cause: end.result });
  // It failed there, and not where this is thrown.
  failed.stack = String(failed);
  throw failed;
}

/** The first that failed by itself, and how many others did. */
function firstOf(failure: Ended["failures"][number], others: number): string {
  const [line = ""] = (failure.message ?? failure.type).split("\n");
  return `${labelOf(failure)}: ${line}${others === 0 ? "" : `, +${others} more`}`;
}
