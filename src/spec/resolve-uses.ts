import { dirname, isAbsolute, resolve } from "node:path";
import { inputNamesOf } from "../authoring/input-names.ts";
import { UserError } from "../model/error.ts";
import { isNotifier } from "../model/notifier.ts";
import { isTask, type Task, type TaskHandlerEntry } from "../model/task.ts";
import type { Path } from "./source.ts";
import { suggestion } from "./suggestion.ts";

/** What names in `uses` may stand for. */
export interface Library {
  /** Tasks of the library by name: each gives a task, a class of tasks or a function. */
  readonly tasks: Readonly<Record<string, () => Promise<unknown>>>;
  /** Notifiers and state handlers by name: each gives a function that takes `with`. */
  readonly handlers: Readonly<Record<string, () => Promise<unknown>>>;
  /** Inputs that tasks of the library cannot do without, and all that those take that do not say so themselves. */
  readonly inputs?: Readonly<Record<string, LibraryInputs>>;
  /** Loads a module of the person's, by its absolute path, or by the name of a package that `from` finds. */
  readonly importModule: (path: string, from: string) => Promise<Readonly<Record<string, unknown>>>;
}

/** What a task of the library takes. */
export interface LibraryInputs {
  readonly required: readonly string[];
  readonly known?: readonly string[];
  /** Of inputs that take not every value: so a value that stands in the spec is known to be wrong before anything runs. */
  readonly forms?: Readonly<Record<string, InputForm>>;
  /** Inputs that are text, or hold text: a number in them keeps the spelling of the file. */
  readonly texts?: readonly string[];
  /** The fields of what it answers. */
  readonly outputs?: readonly string[];
}

/** Which values an input takes, and in words. */
export interface InputForm {
  readonly expected: string;
  fits(value: unknown): boolean;
}

/** The body behind a `uses`, and what its kind says of itself. */
export interface Used {
  readonly task: Partial<Task>;
  run(inputs: Readonly<Record<string, unknown>>, context: Parameters<Task["run"]>[1]): unknown;
}

/** Why a `uses` stands for nothing. */
export interface UsesProblem {
  readonly code: string;
  readonly message: string;
  readonly help?: string | undefined;
  /** Where it stands beside `uses`: one of the options in `with`, or all of them. */
  readonly within?: Path;
}

/**
 * Finds what `uses` of a task names: a task of the library, `./file.ts#export`,
 * or a package's export. Export: a task, a class of tasks, or a plain function.
 */
export async function resolveTask(uses: string, file: string, library: Library): Promise<Used | UsesProblem> {
  const found = await lookUp(uses, file, library.tasks, library, "task");
  if ("problem" in found) return found.problem;
  const used = asTask(found.value);
  return used ?? { code: "USES_NO_TASK", message: `"${uses}" is ${kindOf(found.value)}, not a task or a function` };
}

/** Finds what `uses` of a state handler names, and gives it its options. */
export async function resolveHandler(
  uses: string,
  options: Readonly<Record<string, unknown>>,
  file: string,
  library: Library,
): Promise<TaskHandlerEntry | UsesProblem> {
  const isName = /^[\w-]+$/.test(uses);
  const found = await lookUp(uses, file, library.handlers, library, "state handler");
  if ("problem" in found) return found.problem;
  const { value } = found;
  // A shipped notifier is made from its options; a person's handler with options is made by a function of one parameter.
  const isMaker = typeof value === "function" && (isName || (Object.keys(options).length > 0 && value.length <= 1));
  let handler: unknown = value;
  if (isMaker)
    try {
      handler = (value as (options: unknown) => unknown)(options);
    } catch (error) {
      return optionProblem(uses, options, error);
    }
  if (typeof handler === "function" || isNotifier(handler)) return handler as TaskHandlerEntry;
  return { code: "USES_NO_HANDLER", message: `"${uses}" is ${kindOf(handler)}, not a state handler` };
}

/** Options that the maker of a handler refuses. */
function optionProblem(uses: string, options: Readonly<Record<string, unknown>>, error: unknown): UsesProblem {
  const [first] = error instanceof UserError ? error.diagnostics : [];
  const given = Object.keys(options);
  const name = /option "([^"]+)"/.exec(first?.message ?? "")?.[1] ?? "";
  const within = given.includes(name) ? ["with", name] : given.length > 0 ? ["with"] : ["uses"];
  if (first !== undefined) return { code: first.code, message: first.message, help: first.help, within };
  const why = error instanceof Error ? error.message : String(error);
  return { code: "USES_NO_HANDLER", message: `"${uses}" takes none of these options: ${why}`, within };
}

/** What a person means who writes another tool's word: Prefect's `SlackTask`, `slack_notifier`, `ShellTask`. */
function elsewhere(uses: string, names: readonly string[]): string | undefined {
  const word = uses.replace(/_?tasks?$/i, "").toLowerCase();
  if (/^(?:shell|bash|sh|script|command)$/.test(word)) return "a script stands in run:";
  if (/_?notifier$/i.test(uses) && !names.some((name) => name.endsWith("Notifier")))
    return "a notifier stands in stateHandlers:, a task that tells is one such as uses: slack";
  const meant = word === "twilio" ? "sms" : word;
  return names.includes(meant) ? `write uses: ${meant}` : undefined;
}

async function lookUp(
  uses: string,
  file: string,
  names: Readonly<Record<string, () => Promise<unknown>>>,
  library: Library,
  what: string,
): Promise<{ readonly value: unknown } | { readonly problem: UsesProblem }> {
  const known = Object.hasOwn(names, uses) ? names[uses] : undefined;
  if (known !== undefined) return { value: await known() };
  const hash = uses.lastIndexOf("#");
  const [path, name] = hash === -1 ? [uses, undefined] : [uses.slice(0, hash), uses.slice(hash + 1)];
  const isPath = path.startsWith("./") || path.startsWith("../") || isAbsolute(path);
  if (!isPath && name === undefined)
    return {
      problem: {
        code: "UNKNOWN_USES",
        message: `there is no ${what} "${uses}"`,
        help:
          elsewhere(uses, Object.keys(names)) ??
          suggestion(uses, Object.keys(names)) ??
          "a task of your own: ./file.ts#export",
      },
    };
  const module = await library
    .importModule(isPath ? resolve(dirname(file), path) : path, file)
    .catch(loadProblem(uses));
  if ("problem" in module) return module as { readonly problem: UsesProblem };
  const exports = Object.keys(module);
  const wanted = name ?? "default";
  if (Object.hasOwn(module, wanted)) return { value: module[wanted] };
  return {
    problem: {
      code: "USES_NO_EXPORT",
      message: `${path} exports no "${wanted}"`,
      help: suggestion(wanted, exports) ?? "it exports nothing",
    },
  };
}

/** A module that cannot be loaded is told where it is named, with the place inside of it. */
function loadProblem(uses: string): (error: unknown) => { readonly problem: UsesProblem } {
  return (error) => {
    const [first] = error instanceof UserError ? error.diagnostics : [];
    if (first === undefined) throw error;
    const place = [first.file, first.line, first.column].filter((part) => part !== undefined).join(":");
    const message = `"${uses}" cannot be loaded: ${first.message}${place === "" ? "" : ` (${place})`}`;
    return { problem: { code: first.code, message, help: first.help } };
  };
}

function asTask(value: unknown): Used | undefined {
  if (isTask(value)) return { task: value, run: (inputs, context) => value.run(inputs, context) };
  if (typeof value !== "function") return undefined;
  const prototype = value.prototype as { readonly run?: unknown } | undefined;
  if (typeof prototype?.run === "function") return asTask(new (value as new () => unknown)());
  // What task() makes is a function that makes the task.
  if ("create" in value && typeof value.create === "function") return asTask((value as { create(): unknown }).create());
  const body = value as (...args: unknown[]) => unknown;
  return { task: { inputNames: inputNamesOf(body) }, run: (inputs, context) => body(inputs, context) };
}

function kindOf(value: unknown): string {
  if (value === undefined || value === null) return "nothing";
  return Array.isArray(value) ? "a list" : typeof value === "object" ? "an object" : `a ${typeof value}`;
}
