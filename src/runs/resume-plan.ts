import type { Edge } from "../model/edge.ts";
import type { Flow } from "../model/flow.ts";
import type { Task, TaskKind } from "../model/task.ts";
import { isPlumbing } from "../model/verdict.ts";
import { isDone, type KeptResult, type KeptResults, type TaskResults } from "./read-results.ts";
import { signaturesOf } from "./signature.ts";

/** What becomes of one task when a run is gone on with. */
export interface Decision {
  readonly task: Task;
  /** Its result stands; of a mapped task `children` says which. */
  readonly kept?: KeptResult;
  readonly children?: ReadonlyMap<number, KeptResult>;
  /** Why it runs, or some of its children do; undefined where nothing of it does. */
  readonly runs: string | undefined;
}

/** What a run goes on from. */
export interface ResumePlan {
  /** One for each task that a person would count, in the order of the flow. */
  readonly decisions: readonly Decision[];
  /** What has changed of the flow that makes kept results doubtful, one sentence each. */
  readonly changes: readonly string[];
}

/** Kinds that are made anew in every run: what depends on them does not change for that. */
const RENEWED: ReadonlySet<TaskKind> = new Set(["resource", "cleanup"]);

/**
 * Decides which tasks of a run need not run again: those that went well, unless something above them does run
 * again. A result that is not there is made again only where a task that runs needs it.
 */
export function planResume(flow: Flow, results: KeptResults): ResumePlan {
  const graph = graphOf(flow);
  const signatures = signaturesOf(flow);
  const changes = changesOf(flow, results, signatures);
  const looks = new Map<Task, Look>();
  for (const task of graph.order) looks.set(task, lookAt(task, graph, looks, results.tasks.get(task.name), signatures));
  const needed = new Set<Task>();
  for (const task of graph.order.toReversed()) {
    const look = looks.get(task) as Look;
    const isAsked = (graph.down.get(task) ?? []).some(
      ({ to, key }) => key !== undefined && (needed.has(to) || looks.get(to)?.why !== undefined),
    );
    if (isTransparent(task) ? isAsked : isAsked && look.lost !== undefined) needed.add(task);
  }
  const decisions = flow.tasks
    .filter((task) => !isTransparent(task))
    .map((task) => decisionOf(task, looks.get(task) as Look, needed.has(task)));
  return { decisions, changes };
}

/** What is known of one task, before it is asked who needs its value. */
interface Look {
  /** Why it runs; for plumbing, whether something above it does. */
  readonly why: string | undefined;
  readonly own?: KeptResult;
  readonly children?: ReadonlyMap<number, KeptResult>;
  /** Why a value of it is not there. */
  readonly lost?: string | undefined;
}

function lookAt(
  task: Task,
  { up }: Graph,
  looks: ReadonlyMap<Task, Look>,
  results: TaskResults | undefined,
  signatures: ReadonlyMap<string, number>,
): Look {
  const edges = up.get(task) ?? [];
  const above = (edge: Edge): Look => looks.get(edge.from) as Look;
  const isStream = (edge: Edge): boolean => edge.mapped && !edge.flattened && above(edge).children !== undefined;
  const because = edges.find((edge) => !isStream(edge) && above(edge).why !== undefined);
  if (isTransparent(task)) return { why: RENEWED.has(task.kind) || because === undefined ? undefined : "" };
  const wasDone = isDone(results?.own) || (results?.children.size ?? 0) > 0;
  if (because !== undefined && wasDone) return { why: `it comes after ${nameOf(because.from, looks, up)}, which runs` };
  if (because !== undefined) return { why: whyNot(results?.own, signatures.get(task.name)) };
  const fits = (result: KeptResult | undefined): result is KeptResult =>
    isDone(result) && result.inputs === signatures.get(task.name);
  if (!edges.some((edge) => edge.mapped)) {
    const own = results?.own;
    if (fits(own)) return { why: undefined, own, lost: own.lost };
    return { why: whyNot(own, signatures.get(task.name)) };
  }
  const all = [...(results?.children ?? [])];
  const kept = new Map(
    all.filter(
      ([child, result]) =>
        fits(result) && edges.every((edge) => !isStream(edge) || above(edge).children?.has(child) === true),
    ),
  );
  if (all.length === 0) return { why: whyNot(results?.own, signatures.get(task.name)), children: kept };
  const left = all.length - kept.size;
  const lost = [...kept.values()].find((each) => each.lost !== undefined)?.lost;
  const more = edges.some((edge) => isStream(edge) && above(edge).why !== undefined);
  if (left === 0 && !more) return { why: undefined, children: kept, lost };
  return {
    why: left === 0 ? "more of its children are to come" : `${left} of its children did not go well`,
    children: kept,
    lost,
  };
}

function whyNot(result: KeptResult | undefined, signature: number | undefined): string {
  if (result === undefined) return "it had not ended";
  if (isDone(result) && result.inputs !== signature) return "what comes into it has changed";
  return result.state === "TriggerFailed" ? "its trigger did not hold" : `it ended ${result.state}`;
}

function decisionOf(task: Task, { why, own, children, lost }: Look, isNeeded: boolean): Decision {
  const again = `its result is needed and was not kept: ${lost ?? ""}`;
  if (children !== undefined) {
    const kept = isNeeded ? new Map([...children].filter(([, each]) => each.lost === undefined)) : children;
    return { task, children: kept, runs: why ?? (isNeeded ? again : undefined) };
  }
  if (why !== undefined || own === undefined) return { task, runs: why ?? "" };
  return isNeeded ? { task, runs: again } : { task, kept: own, runs: undefined };
}

/** Plumbing is always made anew, from what stands above it. */
function isTransparent(task: Task): boolean {
  return isPlumbing(task.kind) || RENEWED.has(task.kind);
}

/** The first task above, through plumbing, that runs: what a person knows by name. */
function nameOf(task: Task, looks: ReadonlyMap<Task, Look>, up: Graph["up"]): string {
  let at = task;
  while (isTransparent(at)) {
    const next = (up.get(at) ?? []).find(({ from }) => looks.get(from)?.why !== undefined);
    if (next === undefined) break;
    at = next.from;
  }
  return at.name;
}

function changesOf(flow: Flow, results: KeptResults, signatures: ReadonlyMap<string, number>): readonly string[] {
  const changes: string[] = [];
  const mapped = new Set(flow.edges.filter((edge) => edge.mapped).map((edge) => edge.to.name));
  for (const [name, { own, children }] of results.tasks) {
    const done = isDone(own) ? own : [...children.values()].find(isDone);
    if (done === undefined) continue;
    const signature = signatures.get(name);
    if (signature === undefined) changes.push(`task "${name}" is gone`);
    else if (signature !== done.inputs || mapped.has(name) !== children.size > 0)
      changes.push(`what comes into task "${name}" is not what it was`);
  }
  return changes;
}

interface Graph {
  readonly up: ReadonlyMap<Task, readonly Edge[]>;
  readonly down: ReadonlyMap<Task, readonly Edge[]>;
  /** Each task after all that are above it. */
  readonly order: readonly Task[];
}

function graphOf({ tasks, edges }: Flow): Graph {
  const up = grouped(edges, "to");
  const down = grouped(edges, "from");
  const waiting = new Map(tasks.map((task) => [task, up.get(task)?.length ?? 0]));
  const order = tasks.filter((task) => waiting.get(task) === 0);
  for (const task of order) {
    for (const { to } of down.get(task) ?? []) {
      const left = (waiting.get(to) ?? 0) - 1;
      waiting.set(to, left);
      if (left === 0) order.push(to);
    }
  }
  return { up, down, order };
}

function grouped(edges: readonly Edge[], by: "from" | "to"): ReadonlyMap<Task, readonly Edge[]> {
  const groups = new Map<Task, Edge[]>();
  for (const edge of edges) {
    const group = groups.get(edge[by]);
    if (group === undefined) groups.set(edge[by], [edge]);
    else group.push(edge);
  }
  return groups;
}
