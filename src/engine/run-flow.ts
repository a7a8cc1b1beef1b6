import { writtenDuration } from "../model/duration.ts";
import type { Flow } from "../model/flow.ts";
import { isFinished, isRunning, state, type State } from "../model/state.ts";
import { Signal } from "../model/signal.ts";
import { memoryCache } from "./cache-store.ts";
import { finalState, withReason } from "./final-state.ts";
import { FlowRunner } from "./flow-runner.ts";
import { callHandlers, explain, voicesOf, type Heard } from "./handler-call.ts";
import { flowHandlerContext } from "./handler-context.ts";
import { compile, type Plan } from "./plan.ts";
import { referenceTasks, terminalTasks } from "./reference-tasks.ts";
import type { RunOptions, RunResult } from "./run-options.ts";
import { TaskStates } from "./task-states.ts";

const processCache = memoryCache();

/**
 * Runs a flow to its end: until every task is finished, or what is left waits
 * for a person. Whatever bodies, triggers and handlers do, it answers a result.
 *
 * @throws UserError where the graph cannot be run at all (a cycle)
 */
export async function runFlow(flow: Flow, options: RunOptions): Promise<RunResult> {
  const plan = compile(flow);
  const runner = new FlowRunner(plan, { cache: processCache, ...options });
  const run = new FlowRun(plan, runner);
  // As of a task, a time of 0 is no limit.
  const times = [options.timeout, flow.timeout].filter((each) => each !== undefined && each > 0) as number[];
  const timeout = times.length === 0 ? undefined : Math.min(...times);
  const unlisten = endWith(options.signal, timeout, runner);
  try {
    await runner.events.started(flow.name, plan.tasks);
    const began = await run.begin();
    if (isRunning(began) && !run.isOver) {
      await runner.run();
      await run.end();
    }
    return { state: run.state, taskStates: new TaskStates(plan, runner.states) };
  } finally {
    unlisten();
    runner.events.close();
  }
}

/** Lets the signal and the flow's own time end the run. @returns what lets go of both */
function endWith(signal: AbortSignal | undefined, timeout: number | undefined, runner: FlowRunner): () => void {
  const { clock } = runner.options;
  const cancel = (): void => {
    runner.stop(state("Cancelled", { message: "The run was cancelled." }));
  };
  if (signal?.aborted === true) cancel();
  signal?.addEventListener("abort", cancel, { once: true });
  const timer =
    timeout === undefined
      ? undefined
      : clock.setTimeout(() => {
          runner.stop(state("TimedOut", { message: `The run did not end within ${writtenDuration(timeout)}.` }));
        }, timeout);
  return () => {
    signal?.removeEventListener("abort", cancel);
    if (timer !== undefined) clock.clearTimeout(timer);
  };
}

/** The states of the run itself, from Scheduled on. */
class FlowRun {
  readonly #plan: Plan;
  readonly #runner: FlowRunner;
  readonly #voices;
  state: State = state("Scheduled", { message: "Flow run scheduled." });
  /** A state handler has ended it. */
  isOver = false;

  constructor(plan: Plan, runner: FlowRunner) {
    const { flow } = plan;
    this.#plan = plan;
    this.#runner = runner;
    this.#voices = voicesOf<Flow>(flow.stateHandlers, flow.onFailure, runner.options.flowHandlers ?? []);
  }

  begin(): Promise<State> {
    return this.#become(state("Running", { message: "Running the flow." }));
  }

  async end(): Promise<void> {
    const reached = await this.#become(await this.#outcome());
    if (isFinished(reached) || reached.type === "Paused") return;
    const message = `A state handler left the run in the state ${reached.type}, which is not final.`;
    await this.#record(state("Failed", { message }));
  }

  async #outcome(): Promise<State> {
    const { states, stopping, causes } = this.#runner;
    const references = referenceTasks(this.#plan);
    const deciders = { states, tasks: this.#plan.tasks, reference: references };
    const proposed =
      stopping ??
      withReason(finalState(states, terminalTasks(this.#plan), references), deciders, (index) => causes.has(index));
    const { flow } = this.#plan;
    if (flow.terminalStateHandler === undefined) return proposed;
    const reference = references.flatMap((i) => childrenOf(states[i] as State));
    try {
      return (await this.#inTime(Promise.resolve(flow.terminalStateHandler(flow, proposed, reference)))) ?? proposed;
    } catch (thrown) {
      if (thrown instanceof Signal) return thrown.state;
      return state("Failed", {
        message: `Unexpected error in the terminal state handler: ${explain(thrown)}`,
        result: thrown,
      });
    }
  }

  async #become(to: State): Promise<State> {
    const heard = await this.#inTime(
      Promise.resolve(
        callHandlers({
          handlers: this.#voices.handlers,
          subject: this.#plan.flow,
          from: this.state,
          to,
          context: flowHandlerContext(this.#runner),
          adopt: (made) => made,
        }),
      ),
    );
    const { state: reached, ends }: Heard = heard ?? { state: to, ends: true };
    this.isOver = ends;
    return this.#record(reached);
  }

  async #record(to: State): Promise<State> {
    const from = this.state;
    this.state = to;
    if (to !== from) await this.#runner.events.run(from, to, this.#voices.notifiers);
    return to;
  }

  /** A run that is being ended does not wait for its handlers longer than what is left of its grace. */
  #inTime<T>(answer: Promise<T>): Promise<T | undefined> {
    const { options, stopping, grace } = this.#runner;
    const { clock } = options;
    if (stopping === undefined) return answer;
    return new Promise((resolve, reject) => {
      const timer = clock.setTimeout(() => {
        resolve(undefined);
      }, grace.leftMs);
      const done = (): void => {
        clock.clearTimeout(timer);
      };
      answer.then(resolve, reject).finally(done);
    });
  }
}

function childrenOf(each: State): readonly State[] {
  return each.type === "Mapped" ? each.children : [each];
}
