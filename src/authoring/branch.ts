import type { Edge } from "../model/edge.ts";
import type { Task } from "../model/task.ts";
import type { Flow } from "./flow.ts";

/** What a function added to a flow. */
export interface Added<T> {
  readonly result: T;
  /** Its tasks, without parameters, secrets and constants, which no block owns. */
  readonly tasks: ReadonlySet<Task>;
  /** Where its edges begin in the flow's list. */
  readonly firstEdge: number;
}

const FREE: ReadonlySet<Task["kind"]> = new Set(["parameter", "secret", "constant"]);

/** Runs a function that adds tasks to a flow. */
export function adding<T>(flow: Flow, define: () => T): Added<T> {
  const from = flow.tasks.length;
  const firstEdge = flow.edges.length;
  const result = flow.build(define);
  return { result, firstEdge, tasks: new Set(flow.tasks.slice(from).filter((task) => !FREE.has(task.kind))) };
}

/**
 * Of the tasks of a block, those that nothing else in the block comes before: they wait for the block's gate.
 * A collection or field of something outside is no gate: what uses it is looked at itself.
 */
export function headsOf(flow: Flow, block: ReadonlySet<Task>): readonly Task[] {
  const isInside = (edge: Edge): boolean => {
    if (!block.has(edge.from)) return false;
    return edge.from.kind !== "collection" || isGate(edge.from) || flow.edgesTo(edge.from).some(isInside);
  };
  return [...block].filter((task) => {
    if (task.kind === "collection" && !isGate(task)) return false;
    return !flow.edgesTo(task).some(isInside);
  });
}

const gates = new WeakSet<Task>();

/** Marks plumbing that decides whether others run: unlike a collection it is gated itself. */
export function asGate<T extends Task>(task: T): T {
  gates.add(task);
  return task;
}

const isGate = (task: Task): boolean => gates.has(task);
