import { runFlow } from "../../src/engine/run-flow.ts";
import type { RunOptions, RunResult } from "../../src/engine/run-options.ts";
import { SimulatedClock } from "./simulated-clock.ts";
import type { Edge } from "../../src/model/edge.ts";
import type { RunEvent, TaskState } from "../../src/model/event.ts";
import { FLOW, type Flow } from "../../src/model/flow.ts";
import { TASK, type Task, type TaskContext, type TaskSettings } from "../../src/model/task.ts";

/** A body as the tests write it. */
export type Body = (inputs: Record<string, unknown>, context: TaskContext) => unknown;

/** A task of the model, with what a test wants to be different. */
export function node(name: string, body: Body = () => name, more: Partial<TaskSettings> = {}): Task {
  return {
    [TASK]: true,
    name,
    kind: "task",
    tags: [],
    trigger: undefined,
    skipOnUpstreamSkip: true,
    retry: undefined,
    timeout: undefined,
    cache: undefined,
    checkpoint: true,
    stateHandlers: [],
    onFailure: undefined,
    secrets: [],
    pool: undefined,
    priority: 0,
    inputNames: undefined,
    run: body,
    ...more,
  };
}

/** An edge; with a key it carries the value. */
export function edge(from: Task, to: Task, more: Partial<Edge> = {}): Edge {
  return { from, to, mapped: false, flattened: false, ...more };
}

/** A flow of the model. */
export function graph(tasks: readonly Task[], edges: readonly Edge[] = [], more: Partial<Flow> = {}): Flow {
  return {
    [FLOW]: true,
    name: "flow",
    tags: [],
    params: { kind: "declared", declarations: [] },
    tasks,
    edges,
    constants: new Map(),
    chosenReferenceTasks: undefined,
    stateHandlers: [],
    onFailure: undefined,
    terminalStateHandler: undefined,
    secrets: [],
    concurrency: undefined,
    pools: {},
    timeout: undefined,
    ...more,
  };
}

/** A run and all that was recorded of it. */
export interface Ran extends RunResult {
  readonly events: readonly RunEvent[];
  readonly clock: SimulatedClock;
  /** `a: Pending->Running` and so on, children as `a[0]`. */
  readonly trail: readonly string[];
  /** The type of the state of each task. */
  readonly types: Readonly<Record<string, string>>;
}

/** Runs a flow under a virtual clock. */
export async function run(flow: Flow, more: Partial<RunOptions> = {}): Promise<Ran> {
  const events: RunEvent[] = [];
  const clock = new SimulatedClock({ start: 1_000_000 });
  const result = await runFlow(flow, {
    runId: "run",
    params: {},
    recorder: {
      record(event) {
        events.push(event);
      },
    },
    clock,
    random: () => 0.5,
    ...more,
  });
  return {
    ...result,
    events,
    clock,
    trail: trailOf(events),
    types: Object.fromEntries([...result.taskStates].map(([task, reached]) => [task.name, reached.type])),
  };
}

/** The changes of tasks' states, one line each. */
export function trailOf(events: readonly RunEvent[]): readonly string[] {
  return taskStates(events).map(
    ({ task, mapIndex, from, to }) =>
      `${task}${mapIndex === undefined ? "" : `[${mapIndex}]`}: ${from.type}->${to.type}`,
  );
}

export function taskStates(events: readonly RunEvent[]): readonly TaskState[] {
  return events.filter((each): each is TaskState => each.type === "task-state");
}
