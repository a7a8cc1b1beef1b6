import { userError } from "../model/error.ts";
import type { Edge } from "../model/edge.ts";
import type { Flow } from "../model/flow.ts";
import type { Task } from "../model/task.ts";

/**
 * A flow as dense arrays: task `i` is `tasks[i]`, and its edges are slots. The
 * edges into `i` are slots `upStart[i]` up to `upStart[i + 1]`; those out of it
 * are `downStart[i]` up to `downStart[i + 1]`. Nothing is looked up by name or
 * identity while the flow runs.
 */
export interface Plan {
  readonly flow: Flow;
  readonly tasks: readonly Task[];
  /** Where a task stands; `undefined` for one that is not in the flow. */
  readonly indexOf: (task: Task) => number | undefined;
  readonly upStart: Int32Array;
  readonly upTask: Int32Array;
  readonly upEdge: readonly Edge[];
  readonly downStart: Int32Array;
  readonly downTask: Int32Array;
  /** 1 where the edge is open as soon as its upstream is Mapped: child waits for child. */
  readonly downStreams: Uint8Array;
  /** 1 for a task with a mapped edge. */
  readonly mapped: Uint8Array;
  /** 1 for a task whose edges need more than counting their states: flattened ones, or two from one task. */
  readonly intricate: Uint8Array;
}

/**
 * Lays a flow out for running.
 *
 * @throws UserError FLOW_CYCLE, or FLOW_UNKNOWN_TASK for an edge to a task that is not in the flow
 */
export function compile(flow: Flow): Plan {
  const { tasks, edges } = flow;
  const indexOf = indexing(tasks);
  const from = new Int32Array(edges.length);
  const to = new Int32Array(edges.length);
  const upStart = new Int32Array(tasks.length + 1);
  const downStart = new Int32Array(tasks.length + 1);
  let source = 0;
  let target = 0;
  for (let e = 0; e < edges.length; e++) {
    const edge = edges[e] as Edge;
    from[e] = source = near(tasks, edge.from, source) ?? known(flow, indexOf, edge.from);
    to[e] = target = near(tasks, edge.to, target) ?? known(flow, indexOf, edge.to);
    upStart[target + 1] = at(upStart, target + 1) + 1;
    downStart[source + 1] = at(downStart, source + 1) + 1;
  }
  sum(upStart);
  sum(downStart);
  const plan = {
    flow,
    tasks,
    indexOf,
    upStart,
    downStart,
    upTask: new Int32Array(edges.length),
    upEdge: new Array<Edge>(edges.length),
    downTask: new Int32Array(edges.length),
    downStreams: new Uint8Array(edges.length),
    mapped: new Uint8Array(tasks.length),
    intricate: new Uint8Array(tasks.length),
  };
  fill(plan, from, to);
  refuseCycles(plan);
  return plan;
}

/** Reads an array of numbers where the index is known to be inside. */
export function at(array: Int32Array, index: number): number {
  return array[index] as number;
}

/** Looks a task up; the table is made when it is first asked for: a million tasks in a row need none. */
function indexing(tasks: readonly Task[]): Plan["indexOf"] {
  let table: Map<Task, number> | undefined;
  return (task) => {
    if (table === undefined) {
      table = new Map();
      for (let i = 0; i < tasks.length; i++) table.set(tasks[i] as Task, i);
    }
    return table.get(task);
  };
}

/** Edges are mostly in the order of their tasks: the one that is asked for stands where the last one stood, or next to it. */
function near(tasks: readonly Task[], task: Task, last: number): number | undefined {
  if (tasks[last] === task) return last;
  return tasks[last + 1] === task ? last + 1 : undefined;
}

function known(flow: Flow, indexOf: Plan["indexOf"], task: Task): number {
  const index = indexOf(task);
  if (index !== undefined) return index;
  throw userError(
    "usage",
    "FLOW_UNKNOWN_TASK",
    `An edge of flow "${flow.name}" names the task "${task.name}", which is not in it.`,
  );
}

function sum(starts: Int32Array): void {
  for (let i = 1; i < starts.length; i++) starts[i] = at(starts, i) + at(starts, i - 1);
}

function fill(plan: Plan & { upEdge: Edge[] }, from: Int32Array, to: Int32Array): void {
  const up = plan.upStart.slice();
  const down = plan.downStart.slice();
  for (let e = 0; e < from.length; e++) {
    const edge = plan.flow.edges[e] as Edge;
    const source = at(from, e);
    const target = at(to, e);
    const upSlot = at(up, target);
    const downSlot = at(down, source);
    up[target] = upSlot + 1;
    down[source] = downSlot + 1;
    plan.upTask[upSlot] = source;
    plan.upEdge[upSlot] = edge;
    plan.downTask[downSlot] = target;
    plan.downStreams[downSlot] = edge.mapped && !edge.flattened ? 1 : 0;
    if (edge.mapped) plan.mapped[target] = 1;
    if (edge.flattened) plan.intricate[target] = 1;
  }
  const lastTarget = new Int32Array(plan.tasks.length).fill(-1);
  for (let target = 0; target < plan.tasks.length; target++) {
    for (let slot = at(plan.upStart, target); slot < at(plan.upStart, target + 1); slot++) {
      const source = at(plan.upTask, slot);
      if (lastTarget[source] === target) plan.intricate[target] = 1;
      lastTarget[source] = target;
    }
  }
}

function refuseCycles(plan: Plan): void {
  const { tasks, upStart, downStart, downTask } = plan;
  const waiting = new Int32Array(tasks.length);
  const open: number[] = [];
  for (let i = 0; i < tasks.length; i++) {
    waiting[i] = at(upStart, i + 1) - at(upStart, i);
    if (waiting[i] === 0) open.push(i);
  }
  let seen = 0;
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    seen += 1;
    for (let slot = at(downStart, next); slot < at(downStart, next + 1); slot++) {
      const target = at(downTask, slot);
      waiting[target] = at(waiting, target) - 1;
      if (waiting[target] === 0) open.push(target);
    }
  }
  if (seen === tasks.length) return;
  const names = tasks.filter((_, i) => at(waiting, i) > 0).map((task) => `"${task.name}"`);
  throw userError(
    "usage",
    "FLOW_CYCLE",
    `The tasks ${names.slice(0, 5).join(", ")} of flow "${plan.flow.name}" wait for each other.`,
    {
      help: "Remove one of the edges between them.",
    },
  );
}
