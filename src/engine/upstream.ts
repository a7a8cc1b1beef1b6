import type { Edge } from "../model/edge.ts";
import { isFailed, state, type State, type StateOf } from "../model/state.ts";
import type { Task, TaskKind } from "../model/task.ts";
import { count, emptyTally, type Tally } from "../model/triggers.ts";
import { constantTask } from "./constant-task.ts";
import { flattenChildren, flattenResult } from "./flatten.ts";
import { at } from "./plan.ts";
import type { TaskRun } from "./task-run.ts";

/** Upstreams that a notification task's trigger does not count (design decision 6). */
const UNCOUNTED: ReadonlySet<TaskKind> = new Set(["parameter", "constant", "secret"]);

/** Whether any direct upstream was skipped; a Mapped one on a plain edge stands for its children. */
export function anySkipped(run: TaskRun): boolean {
  const { upStart, upEdge } = run.runner.plan;
  for (let slot = at(upStart, run.index); slot < at(upStart, run.index + 1); slot++) {
    const each = stateAt(run, slot);
    if (each.type === "Skipped") return true;
    if (
      each.type === "Mapped" &&
      !(upEdge[slot] as Edge).mapped &&
      each.children.some((child) => child.type === "Skipped")
    )
      return true;
  }
  return false;
}

/** What the upstream states come to, for the trigger. */
export function tallyOf(run: TaskRun): Tally {
  const { plan } = run.runner;
  const first = at(plan.upStart, run.index);
  const last = at(plan.upStart, run.index + 1);
  const tally = emptyTally();
  const constants = countedConstants(run);
  for (let i = 0; i < constants; i++) count(tally, CONSTANT);
  tally.edges = constants;
  // Two edges may lead to one state, which counts once.
  const seen =
    last - first > 1 && (plan.intricate[run.index] === 1 || run.map !== undefined) ? new Set<State>() : undefined;
  for (let slot = first; slot < last; slot++) {
    if (!isCounted(run, slot)) continue;
    tally.edges += 1;
    const each = stateAt(run, slot);
    if (each.type === "Mapped") for (const child of each.children) add(tally, seen, child);
    else add(tally, seen, each);
  }
  return tally;
}

const CONSTANT: State = state("Success");

function add(tally: Tally, seen: Set<State> | undefined, subject: State): void {
  if (seen?.has(subject)) return;
  seen?.add(subject);
  count(tally, subject);
}

function isCounted(run: TaskRun, slot: number): boolean {
  if (run.task.kind !== "notification") return true;
  const { plan } = run.runner;
  return !UNCOUNTED.has((plan.tasks[at(plan.upTask, slot)] as Task).kind);
}

function countedConstants(run: TaskRun): number {
  const constants = constantsOf(run);
  return constants === undefined || run.task.kind === "notification" ? 0 : Object.keys(constants).length;
}

function constantsOf(run: TaskRun): Readonly<Record<string, unknown>> | undefined {
  const { constants } = run.runner.plan.flow;
  return constants.size === 0 ? undefined : constants.get(run.task);
}

/** What a custom trigger sees: a state for each edge. */
export function viewOf(run: TaskRun): ReadonlyMap<Edge, State> {
  const { upStart, upEdge } = run.runner.plan;
  const view = new Map<Edge, State>();
  for (let slot = at(upStart, run.index); slot < at(upStart, run.index + 1); slot++)
    if (isCounted(run, slot)) view.set(upEdge[slot] as Edge, stateAt(run, slot));
  if (countedConstants(run) > 0)
    for (const [key, value] of Object.entries(constantsOf(run) ?? {})) {
      const edge = { from: constantTask(key, value), to: run.task, key, mapped: false, flattened: false };
      view.set(edge, state("Success", { result: value }));
    }
  return view;
}

/** The inputs of the body, by key. A mapped parent has none: its children do. */
export function inputsOf(run: TaskRun): Record<string, unknown> {
  const { plan } = run.runner;
  const inputs: Record<string, unknown> = {};
  if (plan.mapped[run.index] === 1 && run.map === undefined) return inputs;
  for (let slot = at(plan.upStart, run.index); slot < at(plan.upStart, run.index + 1); slot++) {
    const { key } = plan.upEdge[slot] as Edge;
    if (key !== undefined) inputs[key] = stateAt(run, slot).result;
  }
  const constants = constantsOf(run);
  return constants === undefined ? inputs : Object.assign(inputs, constants);
}

/** The task from whose failure this one's only follows; undefined where no upstream failed. */
export function causeOf(run: TaskRun): string | undefined {
  const { plan, causes } = run.runner;
  for (let slot = at(plan.upStart, run.index); slot < at(plan.upStart, run.index + 1); slot++) {
    const each = stateAt(run, slot);
    const source = at(plan.upTask, slot);
    if (isFailed(each) || (each.type === "Mapped" && each.children.some(isFailed)))
      return causes.get(source) ?? (plan.tasks[source] as Task).name;
  }
  return undefined;
}

/** The state on one edge. */
export function stateAt(run: TaskRun, slot: number): State {
  const { plan, states } = run.runner;
  const upstream = states[at(plan.upTask, slot)] as State;
  if (run.map !== undefined) run.edgeStates ??= run.map.edgeStates(run.mapIndex);
  else if (plan.intricate[run.index] === 1) run.edgeStates ??= flattenedStates(run);
  return run.edgeStates?.[slot - at(plan.upStart, run.index)] ?? upstream;
}

function flattenedStates(run: TaskRun): readonly State[] {
  const { plan, states } = run.runner;
  const first = at(plan.upStart, run.index);
  return plan.upEdge.slice(first, at(plan.upStart, run.index + 1)).map((edge, i) => {
    const upstream = states[at(plan.upTask, first + i)] as State;
    if (!edge.flattened) return upstream;
    return upstream.type === "Mapped" ? (edge.mapped ? upstream : flattenedMap(upstream)) : flattenResult(upstream);
  });
}

function flattenedMap(mapped: StateOf<"Mapped">): State {
  const children = flattenChildren(mapped.children);
  return { ...mapped, children, result: children.map((child) => child.result) };
}
