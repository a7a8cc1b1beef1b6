/**
 * The nouns, one line each. Every name in the code, the command line, the
 * documents and the errors obeys them.
 *
 * flow           a named graph of tasks
 * task           one node of it: a body, and how to run it
 * edge           a dependency between two tasks; with a key it carries a value
 * run            one execution of a flow (never "execution"; a task is never a "job" or "step")
 * state          what a task or a run is in; of one family or several
 * transition     a change from one state to another
 * trigger        decides from the upstream states whether a task may run
 * signal         thrown to say which state comes next
 * state handler  code that sees a transition and may replace the new state
 * notifier       a state handler that notifies
 * hook           a rule in config: on these states of these runs, tell these channels
 * channel        a configured destination of notifications
 * notification task  a task whose body notifies
 * outbox         where messages wait, on disk, until they are delivered
 * parameter      a value given to a run; secret: a value that nothing shows
 * reference task a task whose state decides the run's
 * match          globs that choose flows, tasks, tags
 */
import type { Edge } from "./edge.ts";
import type { Notifier } from "./notifier.ts";
import type { ParameterSchema } from "./parameter.ts";
import type { StopSignal } from "./stop-policy.ts";
import type { State } from "./state.ts";
import type { StateHandler, Task } from "./task.ts";

export type FlowStateHandler = StateHandler<Flow> | ((...args: Parameters<StateHandler<Flow>>) => void | Promise<void>);
export type FlowHandlerEntry = FlowStateHandler | Notifier;

/**
 * What the engine runs: a graph, read only. `authoring/` and `spec/` make it.
 *
 * `tasks` are in the order in which they were added; upstreams may come later.
 */
export interface Flow {
  /** A `Symbol.for` brand, so that it holds across two copies of the library. */
  readonly [FLOW]: true;
  readonly name: string;
  readonly tags: readonly string[];
  readonly params: ParameterSchema;
  readonly tasks: readonly Task[];
  readonly edges: readonly Edge[];
  /** Keyed inputs that are plain values, per task. They count as successful upstreams, but for notification tasks. */
  readonly constants: ReadonlyMap<Task, Readonly<Record<string, unknown>>>;
  /** Set by the person; `undefined` for the default: the terminal tasks (design decision 6). */
  readonly chosenReferenceTasks: readonly Task[] | undefined;
  /** Names of secrets that must be there before the first task runs, beside those that tasks name. */
  readonly secrets: readonly string[];
  readonly stateHandlers: readonly FlowHandlerEntry[];
  readonly onFailure: ((flow: Flow, state: State) => unknown) | undefined;
  readonly terminalStateHandler:
    | ((
        flow: Flow,
        state: State,
        referenceStates: readonly State[],
      ) => State | null | undefined | Promise<State | null | undefined>)
    | undefined;
  /** Tasks at a time. @default that of the run */
  readonly concurrency: number | undefined;
  /** Limits of named pools. */
  readonly pools: Readonly<Record<string, number>>;
  /** The whole run's time, in milliseconds. */
  readonly timeout: number | undefined;
  /** The grace of tasks that have none of their own, in milliseconds. @default 5000 */
  readonly grace?: number | undefined;
  /** The stop signal of tasks that have none of their own. @default "SIGTERM" */
  readonly stopSignal?: StopSignal | undefined;
  /** How much of a script's standard output is kept, in bytes, where the task says nothing. @default 1 MiB */
  readonly maxOutput?: number | undefined;
  /** The time zone of dates in expressions and of times in messages. @default the config's, else "UTC" */
  readonly timezone?: string | undefined;
  /** Where it was declared, for diagnostics. */
  readonly source?: { readonly file: string; readonly line?: number } | undefined;
}

export const FLOW: unique symbol = Symbol.for("flowctl.flow") as never;

export function isFlow(value: unknown): value is Flow {
  return typeof value === "object" && value !== null && FLOW in value;
}
