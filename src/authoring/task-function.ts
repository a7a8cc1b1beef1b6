import { userError } from "../model/error.ts";
import { isTask, type Task as AnyTask, type TaskContext } from "../model/task.ts";
import { readAnnotations, type Flat, type Unmapped } from "./annotation.ts";
import { noteMade, requireFlow, unnoted } from "./building.ts";
import { callSite } from "./call-site.ts";
import { connect } from "./connect.ts";
import type { TaskLike } from "./flow.ts";
import { inputNamesOf } from "./input-names.ts";
import { loneContext } from "./lone-context.ts";
import { reference, targetOf, type Input, type Ref } from "./reference.ts";
import { Task } from "./task.ts";
import type { TaskOptions } from "./task-options.ts";

type None = Readonly<Record<PropertyKey, never>>;
/** The inputs of a call: values, references, or collections that hold some. */
export type CallInputs<I> = [keyof I] extends [never]
  ? None
  : { readonly [K in keyof I]: Input<I[K]> | Flattened<I[K]> };
type Flattened<T> = T extends readonly (infer Element)[] ? Flat<Element> : never;
/** The inputs of a mapped call: lists, and what every child gets whole. */
export type MapInputs<I> = [keyof I] extends [never]
  ? None
  : {
      readonly [K in keyof I]: Input<readonly Exclude<I[K], undefined>[]> | Flat<I[K]> | Unmapped<Input<I[K]>>;
    };
/** What holds for one call: any option of a task, and what it waits for. */
export interface CallOptions extends TaskOptions {
  /** Tasks to wait for, beside those whose values it takes. */
  readonly upstream?: readonly (TaskLike | Unmapped<unknown>)[];
}
type Arguments<I, A> = {} extends I ? [inputs?: A, options?: CallOptions] : [inputs: A, options?: CallOptions];

/** The brand of what `task(…)` returns, the same in every copy of the library. */
const TASK_FUNCTION: unique symbol = Symbol.for("flowctl.task-function") as never;

/** A task to call inside a flow. Each call is a task of the graph, and answers a reference to its value. */
export interface TaskFunction<I extends object, O> {
  readonly [TASK_FUNCTION]: true;
  readonly name: string;
  (...args: Arguments<I, CallInputs<I>>): Ref<O>;
  /** One child per element of its lists; the shortest decides. Answers the list of results. */
  map(inputs: MapInputs<I>, options?: CallOptions): Ref<O[]>;
  /** A task for the imperative API, not yet in a flow. */
  create(options?: TaskOptions): Task<I, O>;
  /** Calls the body, without a flow and an engine; what a context is not given stands for nothing, as a silent logger. */
  run(inputs?: I, context?: Partial<TaskContext>): O | Promise<O>;
}

/** What a task does: from its inputs and a context to a value. */
export type TaskBody<I, O> = (inputs: I, context: TaskContext) => O | Promise<O>;

class FunctionTask<I extends object, O> extends Task<I, O> {
  readonly #body: TaskBody<I, O>;

  constructor(body: TaskBody<I, O>, options: TaskOptions, name: string) {
    super(options, { name });
    this.#body = body;
  }

  override get inputNames(): readonly string[] | undefined {
    return inputNamesOf(this.#body);
  }

  run(inputs: I, context: TaskContext): O | Promise<O> {
    // Called without `this`, a stack names the person's function, and not this class.
    const body = this.#body;
    return body(inputs, context);
  }
}

/** Makes a task of a function. A name is taken from the function where none is given. */
export function task<O, I extends object = {}>(name: string, body: TaskBody<I, O>): TaskFunction<I, O>;
export function task<O, I extends object = {}>(
  name: string,
  options: Omit<TaskOptions, "name">,
  body: TaskBody<I, O>,
): TaskFunction<I, O>;
// eslint-disable-next-line @typescript-eslint/unified-signatures -- beside a name, options may not hold another
export function task<O, I extends object = {}>(options: TaskOptions, body: TaskBody<I, O>): TaskFunction<I, O>;
export function task<O, I extends object = {}>(body: TaskBody<I, O>): TaskFunction<I, O>;
export function task(...args: readonly unknown[]): TaskFunction<object, unknown> {
  const body = args.at(-1);
  const [first, second] = args;
  const options = (args.slice(0, -1).find((each) => typeof each === "object") ?? {}) as TaskOptions;
  const named = typeof first === "string" ? first : undefined;
  if (typeof body !== "function" || (named !== undefined && typeof second === "string")) {
    throw userError("usage", "TASK_BODY", `Task ${named === undefined ? "" : `"${named}" `}has no body.`, {
      ...callSite(),
      help: 'Write task("name", (inputs, context) => …), with options before the body.',
    });
  }
  const run = body as TaskBody<object, unknown>;
  const name = named ?? options.name ?? (run.name || "task");
  return taskFunction(name, options, (merged) => new FunctionTask(run, merged, name));
}

/**
 * A callable for tasks of a class: `slackTask` from `SlackTask`.
 * @param make makes one task from the options of one call
 */
export function taskFunction<I extends object, O>(
  name: string,
  options: TaskOptions,
  make: (options: TaskOptions) => Task<I, O>,
): TaskFunction<I, O> {
  // Wrong options are told where the task is defined, not at its first call. Where there are none, a task is made
  // when it is needed: the library defines many that a flow never calls.
  let first = Object.keys(options).length > 0 ? unnoted(() => make(options)) : undefined;
  let isUsed = false;
  noteMade({ name, isUsed: () => isUsed });
  const create = (more: TaskOptions = {}): Task<I, O> => {
    isUsed = true;
    const merged: { -readonly [K in keyof CallOptions]: CallOptions[K] } = { ...options, ...more };
    delete merged.upstream;
    if (options.tags === undefined || more.tags === undefined) return make(merged);
    return make({ ...merged, tags: [...new Set([...options.tags, ...more.tags])] });
  };
  const place = (inputs: object | undefined, call: CallOptions | undefined, isMapped: boolean): Ref<unknown> => {
    const flow = requireFlow(
      `Task "${name}"`,
      "Call it in the function you give to flow(…); to run its body alone, call its .run(inputs).",
    );
    const node = unnoted(() => create(call)) as unknown as AnyTask;
    checkInputs(name, inputs, node.inputNames?.[0], isMapped ? " by .map" : "");
    flow.addTask(node);
    const given = Object.entries(inputs ?? {}).map(([key, value]) => ({ key, value: value as unknown }));
    const links = [...given, ...(call?.upstream ?? []).map((value) => ({ key: undefined, value: value as unknown }))];
    if (isMapped && !links.some(({ value }) => readAnnotations(value, true).mapped)) {
      throw userError("usage", "FLOW_NOTHING_TO_MAP", `Task "${name}" has nothing to map over.`, {
        ...callSite(),
        help: "Give .map a list, or a reference to one.",
      });
    }
    for (const { key, value } of links) connect(flow, node, key, value, isMapped);
    return reference({ task: node, path: [], flow });
  };
  const callable = (inputs?: object, call?: CallOptions): unknown => place(inputs, call, false);
  Object.defineProperty(callable, "name", { value: name });
  return Object.assign(callable, {
    [TASK_FUNCTION]: true as const,
    map: (inputs: object, call?: CallOptions) => place(inputs, call, true),
    create,
    run: (inputs: I = {} as I, context: Partial<TaskContext> = {}) =>
      (first ??= unnoted(() => make(options))).run(inputs, loneContext(name, context)),
  }) as unknown as TaskFunction<I, O>;
}

/** @throws UserError for a value that stands where inputs stand by name */
function checkInputs(task: string, given: unknown, input = "value", how = ""): void {
  const from = isTask(given) ? given.name : targetOf(given)?.task.name;
  const isByName = typeof given === "object" && !Array.isArray(given) && from === undefined;
  if (given === undefined || isByName) return;
  const what = from === undefined ? (Array.isArray(given) ? "a list" : `a ${typeof given}`) : `"${from}"`;
  throw userError("usage", "FLOW_INPUTS", `Task "${task}" was given ${what} in the place of its inputs.`, {
    ...callSite(),
    help: `Inputs have names: call it${how} with { ${input}: … }, and take ({ ${input} }) in its body.`,
  });
}
