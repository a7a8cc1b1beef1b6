import { AsyncLocalStorage } from "node:async_hooks";
import { isFinished, state, type State, type StateType } from "../model/state.ts";
import { DEFAULT_STOP_POLICY, type StopPolicy } from "../model/stop-policy.ts";
import type { Task } from "../model/task.ts";
import type { FlowRunner } from "./flow-runner.ts";
import type { MapRun } from "./map-run.ts";

/** Where every task starts. One object for all: it is never announced. */
export const PENDING: State = state("Pending");

/**
 * One pass of a task, or of one mapped child, through the pipeline: from the
 * state it starts in to the one it rests in. A retry is a new pass; an iteration
 * of a loop is not.
 */
export class TaskRun {
  readonly runner: FlowRunner;
  readonly index: number;
  readonly task: Task;
  /** Of a mapped child: the map it belongs to. */
  readonly map: MapRun | undefined;
  /** -1 where it is not a mapped child. */
  readonly mapIndex: number;
  /** What it started from. */
  readonly origin: State;
  state: State;
  /** The last state that was recorded. */
  recorded: State;
  /** Set by a step or a handler: no later step, so no retry. */
  ending = false;
  /** True from the body on: a failure there may be retried. */
  inBody = false;
  /** True where the trigger did not hold. */
  unmet = false;
  /** The task whose failure this one follows from. */
  causedBy: string | undefined = undefined;
  attempt = 1;
  loopCount = 1;
  loopResult: unknown = null;
  resumed = false;
  /** Set when a Looped body goes round: the pipeline starts again. */
  again = false;
  inputs: Record<string, unknown> = {};
  /** The states of its edges, where they are not simply those of the upstream tasks. */
  edgeStates: readonly State[] | undefined = undefined;
  /** Its states are no longer wanted: the run gave up waiting for it. */
  dead = false;
  /** Ends the wait for the task function, once what `waitUntil` was given has settled; set while there is one. */
  interrupt: ((reason: Error) => void) | undefined = undefined;
  readonly #awaited = new Set<Promise<unknown>>();
  #controller: AbortController | undefined = undefined;
  #asBody: ((act: () => void) => void) | undefined = undefined;
  #abortReason: Error | undefined = undefined;

  constructor(runner: FlowRunner, index: number, map: MapRun | undefined, mapIndex: number, from: State) {
    this.runner = runner;
    this.index = index;
    this.task = runner.plan.tasks[index] as Task;
    this.map = map;
    this.mapIndex = mapIndex;
    this.origin = from;
    this.state = from;
    this.recorded = from;
    if (from !== PENDING) this.#restore(from);
  }

  /** Attempt, loop position and resumption are facts of the state a pass starts from. */
  #restore(from: State): void {
    const { runCount, loopCount } = from.context ?? {};
    if (typeof runCount === "number") this.attempt = runCount;
    if (from.type === "Retrying") this.attempt = from.runCount + 1;
    if (typeof loopCount === "number") {
      this.loopCount = loopCount;
      this.loopResult = from.result;
    }
    this.resumed = from.type === "Resume" || (from.type === "Paused" && from.startTime !== null);
  }

  get name(): string {
    return this.mapIndex < 0 ? this.task.name : `${this.task.name}[${this.mapIndex}]`;
  }

  /** Made only when asked for: most bodies never look at it. */
  get signal(): AbortSignal {
    if (this.#controller === undefined) {
      this.#controller = new AbortController();
      // Its listeners are the body's: what they write is the task's.
      this.#asBody = AsyncLocalStorage.snapshot();
    }
    if (this.#abortReason !== undefined) this.#controller.abort(this.#abortReason);
    return this.#controller.signal;
  }

  abort(reason: Error): void {
    this.#abortReason ??= reason;
    const controller = this.#controller;
    if (controller !== undefined)
      this.#asBody?.(() => {
        controller.abort(reason);
      });
  }

  /** How the processes of this attempt are ended. */
  get stopPolicy(): StopPolicy {
    const { plan, options } = this.runner;
    return {
      stopSignal: this.task.stopSignal ?? plan.flow.stopSignal ?? DEFAULT_STOP_POLICY.stopSignal,
      graceMs: options.graceMs ?? this.task.grace ?? plan.flow.grace ?? DEFAULT_STOP_POLICY.graceMs,
    };
  }

  /** Keeps this attempt from being over before a promise has settled, whatever its grace. */
  waitUntil(done: Promise<unknown>): void {
    const settled = done.then(nothing, nothing);
    this.#awaited.add(settled);
    void settled.then(() => this.#awaited.delete(settled));
  }

  /** Settles with all that `waitUntil` was given; `undefined` if that has settled. */
  get awaited(): Promise<unknown> | undefined {
    return this.#awaited.size === 0 ? undefined : Promise.all(this.#awaited).then(() => this.awaited);
  }

  /** Back to the first step, as the next iteration of a loop: with fresh retries. */
  goRound(looped: State & { readonly type: "Looped" }): void {
    this.loopCount = looped.loopCount + 1;
    this.loopResult = looped.result;
    this.attempt = 1;
    this.resumed = false;
    this.inBody = false;
    this.again = true;
    this.state = state("Pending", { message: "Looping." });
    this.recorded = this.state;
  }

  /** Completes a state made by a body, a trigger or a handler with what only the engine knows. */
  adopt(made: State): State {
    const { tags } = this.task;
    if (tags.length === 0 && !NEEDS_FACTS.has(made.type)) return made;
    const facts = tags.length === 0 ? made.context : { ...made.context, tags };
    const context = facts === undefined ? {} : { context: facts };
    if (made.type === "Retrying")
      return { ...made, ...context, runCount: made.runCount === 0 ? this.attempt : made.runCount };
    if (made.type === "Looped")
      return { ...made, ...context, loopCount: made.loopCount === 0 ? this.loopCount : made.loopCount };
    if (NEEDS_FACTS.has(made.type)) return { ...made, context: { ...facts, runCount: this.attempt } };
    return { ...made, ...context };
  }

  /** A state of its own making. */
  make(
    type: "Running" | "Success" | "Failed" | "TimedOut" | "Skipped" | "Cancelled",
    message: string,
    result: unknown,
  ): State {
    const { tags } = this.task;
    return tags.length === 0 ? { type, message, result } : { type, message, result, context: { tags } };
  }

  /** Whether the run as a whole is being ended and this task has nothing to do with cleaning up. */
  get isStopped(): boolean {
    const { stopping, isOverdue } = this.runner;
    return stopping !== undefined && (isOverdue || this.task.kind !== "cleanup") && !isFinished(this.state);
  }
}

const nothing = (): void => undefined;

const NEEDS_FACTS: ReadonlySet<StateType> = new Set(["Retrying", "Looped", "Scheduled", "Paused", "Resume"]);
