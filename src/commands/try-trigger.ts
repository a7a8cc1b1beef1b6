import type { Edge } from "../model/edge.ts";
import type { Flow } from "../model/flow.ts";
import { Pause } from "../model/signal.ts";
import { state, type State } from "../model/state.ts";
import type { Task } from "../model/task.ts";
import type { Trigger } from "../model/trigger.ts";
import { isExpressionTrigger } from "../spec/compile-trigger.ts";
import { PLUMBING } from "../coordinator/plumbing.ts";

/** With more tasks before a task than this, not all that can become of them is tried. */
const MOST = 5;
const ENDS: readonly State[] = (["Success", "Failed", "Skipped", "Cancelled"] as const).map((type) => state(type));
const GIVEN: readonly State[] = [state("Success")];

/**
 * Tries a trigger with all that can become of the tasks before it. Only triggers
 * of flowctl itself are tried: a person's function is not called.
 *
 * @returns whether it never or always holds; `undefined` where it depends, or cannot be told
 */
export function tryTrigger(flow: Flow, task: Task): "never" | "always" | undefined {
  const tried = triedTrigger(flow, task);
  if (tried === undefined || tried.edges.length === 0 || tried.open.length > MOST) return undefined;
  const { trigger, edges, open } = tried;
  const ends = task.skipOnUpstreamSkip ? ENDS.filter((each) => each.type !== "Skipped") : ENDS;
  const answers = new Set<boolean>();
  for (const chosen of combinations(edges.map((edge) => (open.includes(edge) ? ends : GIVEN))))
    answers.add(holds(trigger, new Map(edges.map((edge, index) => [edge, chosen[index] as State]))));
  if (answers.size !== 1) return undefined;
  return answers.has(true) ? "always" : "never";
}

/**
 * Tries a trigger with one end of all tasks before it.
 *
 * @returns whether it holds; `undefined` where it cannot be told
 */
export function holdsWhenAll(flow: Flow, task: Task, end: "Success" | "Failed"): boolean | undefined {
  if (task.trigger === undefined) return end === "Success";
  const tried = triedTrigger(flow, task);
  if (tried === undefined) return undefined;
  const { trigger, edges, open } = tried;
  return holds(trigger, new Map(edges.map((edge) => [edge, state(open.includes(edge) ? end : "Success")])));
}

/** A trigger that can be tried; `edges` are those it counts, `open` those whose end is not known before the run. */
interface Tried {
  readonly trigger: Trigger;
  readonly edges: readonly Edge[];
  readonly open: readonly Edge[];
}

function triedTrigger(flow: Flow, task: Task): Tried | undefined {
  const { trigger } = task;
  if (trigger === undefined || !("judge" in trigger || isExpressionTrigger(trigger))) return undefined;
  const into = flow.edges.filter((edge) => edge.to === task);
  const isMapped = (edge: Edge): boolean => flow.edges.some((each) => each.to === edge.from && each.mapped);
  if (into.some((edge) => edge.mapped)) return undefined;
  if (/^some_/.test(trigger.triggerName ?? "") && into.some(isMapped)) return undefined;
  // To a notification task, what is given to it is no task before it (design decision 6).
  const isGiven = ({ kind }: Task): boolean => PLUMBING.has(kind) && kind !== "collection";
  const counted = task.kind === "notification" ? into.filter(({ from }) => !isGiven(from)) : into;
  const constants = task.kind === "notification" ? [] : Object.keys(flow.constants.get(task) ?? {});
  const edges = [
    ...counted,
    ...constants.map((key) => ({ from: task, to: task, key, mapped: false, flattened: false })),
  ];
  return { trigger, edges, open: counted.filter(({ from }) => !isGiven(from)) };
}

function holds(trigger: Trigger, states: ReadonlyMap<Edge, State>): boolean {
  try {
    return trigger(states, { resumed: false }) === true;
  } catch (thrown) {
    // It waits for a person, and may hold then.
    return thrown instanceof Pause;
  }
}

function* combinations(choices: readonly (readonly State[])[]): Iterable<readonly State[]> {
  const [first, ...rest] = choices;
  if (first === undefined) yield [];
  else for (const others of combinations(rest)) for (const each of first) yield [copyOf(each), ...others];
}

/** States are counted by identity. */
function copyOf(each: State): State {
  return { ...each };
}
