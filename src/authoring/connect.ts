import { userError } from "../model/error.ts";
import { isPlainObject } from "../model/plain-object.ts";
import { isTask, type Task } from "../model/task.ts";
import { readAnnotations } from "./annotation.ts";
import { callSite } from "./call-site.ts";
import type { Flow } from "./flow.ts";
import { Plumbing, plainSettings } from "./node.ts";
import { targetOf, type Target } from "./reference.ts";

/** Field tasks of a flow by their source and path: `value.rows` is one task, however often it is used. */
const fields = new WeakMap<Flow, WeakMap<object, Map<string, Task>>>();

/** Where a value comes from: a task of the graph. */
interface Source {
  readonly task: Task;
  /** Inside `applyMap`: one element of the task's value. */
  readonly element: boolean;
}

/**
 * Gives a task an input or an upstream: a reference or task becomes an edge, a
 * collection that holds some becomes a task that collects them, anything else
 * is a constant.
 *
 * @param key the input's name; without one the upstream is order and state only
 * @param mapped whether the value is taken apart where no annotation says otherwise
 */
export function connect(flow: Flow, to: Task, key: string | undefined, given: unknown, mapped = false): void {
  const { value, ...how } = readAnnotations(given, mapped);
  const source = sourceOf(flow, value);
  const keyed = key === undefined ? {} : { key };
  if (source) {
    flow.addEdge(source.task, to, { ...keyed, mapped: how.mapped || source.element, flattened: how.flattened });
  } else if (key !== undefined && !how.mapped && !how.flattened) {
    if (value !== undefined) flow.setConstant(to, key, value);
  } else {
    if ((how.mapped || how.flattened) && !Array.isArray(value)) {
      throw userError(
        "usage",
        "FLOW_NOT_A_LIST",
        `Task "${to.name}" cannot be mapped over ${key ?? "a value"}: it is not a list.`,
        {
          ...callSite(),
          help: "Wrap what every child should get whole: unmapped(value).",
        },
      );
    }
    const constant = new Plumbing(plainSettings("constant", "constant"), () => value);
    flow.addEdge(constant, to, { ...keyed, mapped: how.mapped, flattened: how.flattened });
  }
}

/** The task a value comes from, added to the flow where needed; `undefined` for a plain value. */
export function sourceOf(flow: Flow, value: unknown): Source | undefined {
  const target = targetOf(value);
  if (target) return fromTarget(flow, target);
  if (isTask(value)) return { task: flow.addTask(value), element: false };
  return holdsReference(value) ? collect(flow, value) : undefined;
}

function fromTarget(flow: Flow, target: Target): Source {
  if (target.flow !== undefined && target.flow !== flow && !flow.has(target.task)) {
    throw userError(
      "usage",
      "FLOW_FOREIGN_REFERENCE",
      `"${target.task.name}" belongs to another flow than "${flow.name}".`,
      {
        ...callSite(),
        help: "A reference can only be used in the flow it was made in; call the task again here.",
      },
    );
  }
  flow.addTask(target.task);
  const isElement = target.element !== undefined;
  return target.path.length === 0
    ? { task: target.task, element: isElement }
    : { task: fieldOf(flow, target), element: false };
}

function fieldOf(flow: Flow, { task, path, element }: Target): Task {
  const ofFlow = fields.get(flow) ?? new WeakMap<object, Map<string, Task>>();
  fields.set(flow, ofFlow);
  const owner = element ?? task;
  const ofTask = ofFlow.get(owner) ?? new Map<string, Task>();
  ofFlow.set(owner, ofTask);
  const id = JSON.stringify(element ? [task.name, ...path] : path);
  const known = ofTask.get(id);
  if (known && flow.has(known)) return known;
  const made = new Plumbing(plainSettings([task.name, ...path].join("."), "collection"), ({ value }) =>
    dig(value, task.name, path),
  );
  ofTask.set(id, made);
  flow.addEdge(task, made, { key: "value", mapped: element !== undefined });
  return made;
}

/** Takes a field of a field of a value. @throws TypeError where there is nothing to take it of */
function dig(value: unknown, name: string, path: readonly string[]): unknown {
  return path.reduce<unknown>((at, key, index) => {
    if (at !== null && at !== undefined) return (at as Readonly<Record<string, unknown>>)[key];
    const owner = [name, ...path.slice(0, index)].join(".");
    throw new TypeError(`"${owner}" is ${String(at)}: it has no field "${key}"`);
  }, value);
}

function isCollection(value: unknown): value is readonly unknown[] | Readonly<Record<string, unknown>> {
  return Array.isArray(value) || isPlainObject(value);
}

function holdsReference(value: unknown, seen = new Set<object>()): boolean {
  if (targetOf(value) || isTask(value)) return true;
  if (!isCollection(value) || seen.has(value)) return false;
  seen.add(value);
  return Object.values(value).some((each) => holdsReference(each, seen));
}

/** One task that puts a whole nested collection together from its members' values. */
function collect(flow: Flow, value: unknown): Source {
  const keys = new Map<Task, string>();
  const elements = new Set<Task>();
  const template = (part: unknown): ((inputs: Readonly<Record<string, unknown>>) => unknown) => {
    if (targetOf(part) || isTask(part)) {
      const source = sourceOf(flow, part);
      if (!source) return () => part;
      const key = keys.get(source.task) ?? `arg_${keys.size + 1}`;
      keys.set(source.task, key);
      if (source.element) elements.add(source.task);
      return (inputs) => inputs[key];
    }
    if (!isCollection(part)) return () => part;
    if (Array.isArray(part)) {
      const members = part.map(template);
      return (inputs) => members.map((member) => member(inputs));
    }
    const members = Object.entries(part).map(([name, member]) => [name, template(member)] as const);
    return (inputs) => Object.fromEntries(members.map(([name, member]) => [name, member(inputs)]));
  };
  const fill = template(value);
  const name = Array.isArray(value) ? "list" : "object";
  const made = new Plumbing(plainSettings(name, "collection"), fill);
  flow.addTask(made);
  for (const [task, key] of keys) flow.addEdge(task, made, { key, mapped: elements.has(task) });
  return { task: made, element: false };
}
