import { Skip } from "../model/signal.ts";
import type { Task } from "../model/task.ts";
import { triggers } from "../model/triggers.ts";
import { adding, asGate, headsOf } from "./branch.ts";
import { requireFlow } from "./building.ts";
import { connect } from "./connect.ts";
import type { Flow, TaskLike } from "./flow.ts";
import { isSame } from "./is-same.ts";
import { Plumbing, plainSettings } from "./node.ts";
import { reference, type Ref, type RefTo } from "./reference.ts";

/** What a branch is: a function that calls tasks, or tasks that were made before. */
export type Branch<T = unknown> = (() => T) | TaskLike | readonly TaskLike[];
type Result<B> = B extends () => infer T ? T : B;

/**
 * Tasks that run only when a value has come out as given; otherwise they are
 * skipped, and what is below them, too. Two lists or objects are the same when
 * their members are.
 *
 * @returns what the function returns
 * @example when(check(), "ok", () => { publish(); });
 */
export function when<T>(condition: unknown, value: unknown, define: () => T): T {
  const flow = requireFlow("when");
  return branch(flow, `case(${show(value)})`, condition, (given) => isSame(given, value), define) as T;
}

/**
 * Of several branches, runs the one whose name the value is, and skips the others.
 *
 * @returns what the branches return, by name
 * @example switchOn(region(), { eu: () => a(), us: () => b() });
 */
export function switchOn<const B extends Readonly<Record<string, Branch>>>(
  condition: unknown,
  branches: B,
): { readonly [K in keyof B]: Result<B[K]> } {
  const flow = requireFlow("switchOn");
  const entries = Object.entries(branches).map(
    ([name, define]) =>
      [name, branch(flow, `case(${name})`, condition, (given) => asName(given) === name, define)] as const,
  );
  return Object.fromEntries(entries) as { readonly [K in keyof B]: Result<B[K]> };
}

/**
 * Runs one branch when the value is truthy, as JavaScript sees it, and the other when not.
 *
 * @returns what the two return
 */
export function ifElse<const T extends Branch, const E extends Branch | undefined = undefined>(
  condition: unknown,
  then: T,
  otherwise?: E,
): readonly [Result<T>, Result<E>] {
  const flow = requireFlow("ifElse");
  const yes = branch(flow, "case(true)", condition, Boolean, then);
  const no = otherwise === undefined ? undefined : branch(flow, "case(false)", condition, (given) => !given, otherwise);
  return [yes as Result<T>, no as Result<E>];
}

/**
 * Joins branches of which one has run: its value is that of the first, in the
 * order given, that is not null. Skipped when all of them were.
 */
export function merge<T>(...branches: readonly RefTo<T>[]): Ref<T> {
  const flow = requireFlow("merge");
  const settings = plainSettings("merge", "collection", {
    skipOnUpstreamSkip: false,
    trigger: triggers.notAllSkipped,
  });
  const task = asGate(
    new Plumbing(settings, (inputs) => {
      const values = branches.map((_, index) => inputs[`task_${index + 1}`]);
      return values.find((value) => value !== null && value !== undefined) ?? null;
    }),
  );
  flow.addTask(task);
  branches.forEach((each, index) => {
    connect(flow, task, `task_${index + 1}`, each);
  });
  return reference<T>({ task, path: [], flow });
}

function branch(
  flow: Flow,
  name: string,
  condition: unknown,
  holds: (value: unknown) => boolean,
  define: Branch,
): unknown {
  const { result, tasks } = typeof define === "function" ? adding(flow, define) : { result: define, tasks: undefined };
  const listed = Array.isArray(define) ? (define as readonly TaskLike[]) : [define as TaskLike];
  const heads: readonly TaskLike[] = tasks ? headsOf(flow, tasks) : listed;
  if (heads.length === 0) return result;
  const gate: Task = asGate(
    new Plumbing(plainSettings(name, "collection"), ({ value }) => {
      if (holds(value)) return true;
      // eslint-disable-next-line @typescript-eslint/only-throw-error -- signals are not errors, on purpose
      throw new Skip(`the value is ${show(value)}, not that of ${name}`);
    }),
  );
  flow.addTask(gate);
  connect(flow, gate, "value", condition);
  for (const head of heads) flow.addEdge(gate, head);
  return result;
}

function show(value: unknown): string {
  if (typeof value === "string") return value;
  if (typeof value !== "object" || value === null) return String(value);
  return Array.isArray(value) ? "list" : "object";
}

const asName = (value: unknown): string | undefined =>
  ["string", "number", "boolean", "bigint"].includes(typeof value) || value === null ? String(value) : undefined;
