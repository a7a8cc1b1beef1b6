import { userError } from "../model/error.ts";
import type { ParameterDeclaration } from "../model/parameter.ts";
import type { Task, TaskContext } from "../model/task.ts";
import { currentFlow } from "./building.ts";
import { isSame } from "./is-same.ts";
import type { ParameterOptions } from "./flow-options.ts";
import { Node, plainSettings } from "./node.ts";
import { reference, type Ref, type VALUE } from "./reference.ts";

/** What the declared types are in TypeScript. */
export interface ParameterTypes {
  string: string;
  number: number;
  integer: number;
  boolean: boolean;
  /** `2026-01-31`. */
  date: string;
  datetime: Date;
  object: Readonly<Record<string, unknown>>;
  array: readonly unknown[];
}

/** A parameter's value by its declaration. */
export type ParameterValue<O> = O extends { readonly type: infer T extends keyof ParameterTypes }
  ? ParameterTypes[T]
  : O extends { readonly default: infer D }
    ? Widen<D>
    : string;
type Widen<T> = T extends string ? string : T extends number ? number : T extends boolean ? boolean : T;

/** A value given to a run, as a task: a root of the graph, whose name is the parameter's. */
export class Parameter<Output = unknown> extends Node {
  declare readonly [VALUE]: Output;
  readonly declaration: ParameterDeclaration;

  constructor(name: string, options: ParameterOptions = {}) {
    super(plainSettings(name, "parameter"));
    if (name === "") throw userError("usage", "PARAMETER_NAME", "A parameter needs a name.");
    this.declaration = { ...options, name, required: options.required ?? !("default" in options) };
  }

  override get inputNames(): readonly string[] {
    return [];
  }

  run(_inputs: object, context: TaskContext): unknown {
    return context.params[this.declaration.name];
  }
}

/** What a parameter task declares; `undefined` for those that only read what a schema declares. */
export function declarationOf(task: Task): ParameterDeclaration | undefined {
  return task instanceof Parameter ? task.declaration : undefined;
}

/**
 * Declares a parameter of the flow that is being built, or of the flow that
 * first uses it. Without a type it is text, or of its default's type.
 *
 * Named again, it is the same parameter.
 *
 * @throws UserError where it is declared a second time, and differently
 * @example const date = parameter("date", { default: "today" });
 */
export function parameter<const O extends ParameterOptions = {}>(name: string, options?: O): Ref<ParameterValue<O>> {
  const flow = currentFlow();
  const known = flow?.parameters().find((task) => task.name === name);
  const task = known ?? new Parameter(name, withType(options ?? {}));
  if (known !== undefined && options !== undefined) refuseOther(known, new Parameter(name, withType(options)));
  flow?.addTask(task);
  return reference({ task, path: [], flow });
}

function refuseOther(known: Task, again: Parameter): void {
  if (!(known instanceof Parameter) || isSame(known.declaration, again.declaration)) return;
  throw userError(
    "usage",
    "PARAMETER_TWICE",
    `Parameter "${again.name}" is declared twice in this flow, and not as the same.`,
    { help: "Declare it once; elsewhere its name is enough." },
  );
}

/** A default says the type where nothing else does. */
function withType(options: ParameterOptions): ParameterOptions {
  if (options.type !== undefined) return options;
  const given = options.default;
  if (given === undefined || given === null) return options;
  if (typeof given === "number" || typeof given === "boolean" || typeof given === "string") {
    return { ...options, type: typeof given as "number" | "boolean" | "string" };
  }
  if (Object.prototype.toString.call(given) === "[object Date]") return { ...options, type: "datetime" };
  return { ...options, type: Array.isArray(given) ? "array" : "object" };
}
