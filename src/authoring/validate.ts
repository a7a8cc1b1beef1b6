import type { Diagnostic } from "../model/error.ts";
import type { Flow } from "../model/flow.ts";
import type { Task } from "../model/task.ts";
import { findCycle } from "./find-cycle.ts";
import { nearest } from "./nearest.ts";

type Problem = { readonly code: string; readonly message: string; readonly help?: string };

const KEY = /^[\p{L}_$][\p{L}\p{N}_$]*$/u;

/**
 * Looks for all that is wrong with a flow's graph. Pure: it changes nothing and
 * runs nothing. Source of the rules: Prefect 1.x, `Flow.validate` and `add_edge`.
 */
export function validateFlow(flow: Flow): readonly Diagnostic[] {
  const problems = [
    ...ofEdges(flow),
    ...ofInputs(flow),
    ...ofNames(flow),
    ...ofReferenceTasks(flow),
    ...ofCycles(flow),
  ];
  // Finding the place reads a stack, which takes longer than all the looking.
  if (problems.length === 0) return [];
  const place = flow.source ?? {};
  return problems.map(({ message, ...rest }) => ({
    severity: "error",
    message: `Flow "${flow.name}": ${message}`,
    ...place,
    ...rest,
  }));
}

function* ofEdges(flow: Flow): Iterable<Problem> {
  const members = new Set(flow.tasks);
  for (const edge of flow.edges) {
    for (const end of [edge.from, edge.to]) {
      if (!members.has(end)) {
        yield { code: "FLOW_FOREIGN_TASK", message: `an edge names task "${end.name}", which is not in the flow.` };
      }
    }
    if (edge.to.kind === "parameter") {
      yield {
        code: "FLOW_EDGE_INTO_PARAMETER",
        message: `parameter "${edge.to.name}" cannot wait for task "${edge.from.name}": parameters come first.`,
      };
    }
    if (edge.key !== undefined && !KEY.test(edge.key)) yield wrongKey(edge.to, edge.key);
  }
  for (const [task, values] of flow.constants)
    for (const key of Object.keys(values)) if (!KEY.test(key)) yield wrongKey(task, key);
}

const wrongKey = (task: Task, key: string): Problem => ({
  code: "FLOW_KEY",
  message: `task "${task.name}" cannot have an input named "${key}".`,
  help: "Input names are made of letters, digits and _, and do not start with a digit.",
});

function* ofInputs(flow: Flow): Iterable<Problem> {
  const given = new Map<Task, string[]>();
  const add = (task: Task, key: string): void => {
    const keys = given.get(task);
    if (keys) keys.push(key);
    else given.set(task, [key]);
  };
  for (const { to, key } of flow.edges) if (key !== undefined) add(to, key);
  for (const [task, constants] of flow.constants) for (const key of Object.keys(constants)) add(task, key);
  for (const [task, keys] of given) {
    const seen = new Set<string>();
    const twice = new Set<string>();
    for (const key of keys) (seen.has(key) ? twice : seen).add(key);
    for (const key of twice) {
      yield { code: "FLOW_DUPLICATE_KEY", message: `task "${task.name}" is given its input "${key}" twice.` };
    }
    const { inputNames } = task;
    if (inputNames === undefined) continue;
    for (const key of seen) {
      if (inputNames.includes(key)) continue;
      const near = nearest(key, inputNames);
      const known = inputNames.length === 0 ? "It takes no inputs." : `Its inputs are: ${inputNames.join(", ")}.`;
      yield {
        code: "FLOW_UNKNOWN_INPUT",
        message: `task "${task.name}" has no input "${key}".`,
        help: isCallOption(key) ? BESIDE : near === undefined ? known : `Did you mean "${near}"?`,
      };
    }
  }
  for (const task of flow.tasks) {
    const keys = given.get(task) ?? [];
    for (const key of requiredInputs(task)) {
      if (keys.includes(key)) continue;
      yield { code: "FLOW_MISSING_INPUT", message: `task "${task.name}" is not given its input "${key}".` };
    }
  }
}

const BESIDE = 'Options of a call stand after its inputs: load({ … }, { name: "…", upstream: [a] }).';

/** Whether it is said beside the inputs, in either spelling. */
function isCallOption(key: string): boolean {
  return /^(?:upstream|upstream_?tasks|task_?args|trigger|stateHandlers|state_handlers|retry|max_retries)$/i.test(key);
}

/** Tasks of the library say what they cannot do without. */
function requiredInputs(task: Task): readonly string[] {
  return "requiredInputs" in task && Array.isArray(task.requiredInputs) ? (task.requiredInputs as string[]) : [];
}

function* ofNames(flow: Flow): Iterable<Problem> {
  const slugs = new Set<string>();
  const names = new Set<string>();
  for (const task of flow.tasks) {
    if (names.has(task.name)) {
      yield { code: "FLOW_DUPLICATE_NAME", message: `two tasks are named "${task.name}".` };
    }
    names.add(task.name);
    if (!("slug" in task) || typeof task.slug !== "string") continue;
    if (slugs.has(task.slug)) yield { code: "FLOW_DUPLICATE_SLUG", message: `two tasks have the slug "${task.slug}".` };
    slugs.add(task.slug);
  }
}

function* ofReferenceTasks(flow: Flow): Iterable<Problem> {
  const members = new Set(flow.tasks);
  for (const task of flow.chosenReferenceTasks ?? []) {
    if (members.has(task)) continue;
    yield { code: "FLOW_FOREIGN_TASK", message: `reference task "${task.name}" is not in the flow.` };
  }
}

function* ofCycles(flow: Flow): Iterable<Problem> {
  const cycle = findCycle(flow);
  if (!cycle) return;
  const names = cycle.map((task) => task.name).join(" → ");
  yield { code: "FLOW_CYCLE", message: `tasks wait for each other: ${names}.` };
}
