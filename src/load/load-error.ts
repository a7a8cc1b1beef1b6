import { basename, dirname } from "node:path";
import { distance } from "fastest-levenshtein";
import { UserError, userError, type Diagnostic } from "../model/error.ts";
import { camelCase, fromPrefect } from "./prefect-exports.ts";
import { importedNamePosition, specifierPosition } from "./text-position.ts";

interface Text {
  readonly file: string;
  readonly source: string;
}

/** The nearest of some names, where it is near enough to be what was meant. */
export function nearest(name: string, names: readonly string[]): string | undefined {
  const [best] = names
    .map((each) => ({ each, far: distance(name.toLowerCase(), each.toLowerCase()), exact: distance(name, each) }))
    .toSorted((a, b) => a.far - b.far || a.exact - b.exact);
  return best !== undefined && best.far < name.length && best.far <= Math.max(2, Math.floor(name.length / 3))
    ? best.each
    : undefined;
}

/** What a module imports is not there. It has Node's code, for a `catch` in the person's own module. */
export function missingModule(specifier: string, from: Text, way: "import" | "require"): UserError {
  const isPath = /^(?:\.{0,2}\/|file:|#)/.test(specifier);
  const name = /^(?:@[^/]+\/)?[^/]+/.exec(specifier)?.[0] ?? specifier;
  const error = userError("usage", "LOAD_MODULE_NOT_FOUND", `"${specifier}" is not found`, {
    file: from.file,
    ...specifierPosition(from.source, specifier),
    help: isPath
      ? `there is no such file, looked for from ${dirname(from.file)}`
      : specifier === "prefect"
        ? 'write from "flowctl"'
        : `install it (npm install ${name}), or correct its name`,
  });
  return Object.assign(error, { code: way === "import" ? "ERR_MODULE_NOT_FOUND" : "MODULE_NOT_FOUND" });
}

/** A module has no export of the name that another imports. */
export function missingExport(name: string, specifier: string, from: Text, has: readonly string[]): UserError {
  const meant = nearest(name, has);
  const what = name === "default" ? "no default export" : `no export named "${name}"`;
  return userError("usage", "LOAD_EXPORT_NOT_FOUND", `"${specifier}" has ${what}`, {
    file: from.file,
    ...importedNamePosition(from.source, specifier, name),
    help:
      (specifier === "flowctl" ? fromPrefect(name) : undefined) ??
      (meant !== undefined
        ? `did you mean "${meant}"?`
        : has.length === 0
          ? "it exports nothing"
          : `it exports ${list(has)}`),
  });
}

/** Something was thrown while a module was loading: its message, and where in the person's files. */
export function loadFailure(
  error: unknown,
  file: string,
  isOwn: (file: string) => boolean,
  fallback?: Partial<Diagnostic>,
): UserError {
  if (error instanceof UserError) return error;
  const message = error instanceof Error ? error.message : String(error);
  const name = error instanceof Error && error.name !== "Error" ? `${error.name}: ` : "";
  const place = placeOf(error, isOwn) ?? fallback ?? { file };
  return userError("usage", "LOAD_THREW", `${basename(file)} failed while it was loading: ${name}${message}`, {
    ...place,
    ...methodHelp(message),
    cause: error,
  });
}

/** What a person wrote who has Prefect's names of methods in the fingers. */
function methodHelp(message: string): { readonly help?: string } {
  const [, method = ""] = /\.(\w+) is not a function$/.exec(message) ?? [];
  if (method === "bind") return { help: "write setUpstream(task, { key, flow }), or flow.setDependencies(…)" };
  if (method === "register" || method === "visualize")
    return { help: "leave it out: flowctl run FILE runs the flow, flowctl graph FILE draws it" };
  const own = camelCase(method);
  return own !== method && METHODS.includes(own) ? { help: `did you mean ${own}?` } : {};
}

const METHODS: readonly string[] = [
  ...["setUpstream", "setDownstream", "setDependencies", "setReferenceTasks", "addTask", "addEdge"],
  ...["getTasks", "rootTasks", "terminalTasks", "sortedTasks", "edgesTo", "edgesFrom", "referenceTasks"],
];

/** The innermost place of a stack that is in the person's own files. */
function placeOf(error: unknown, isOwn: (file: string) => boolean): Partial<Diagnostic> | undefined {
  const stack = error instanceof Error && typeof error.stack === "string" ? error.stack : "";
  for (const match of stack.matchAll(/^ {4}at (?:.*? \()?(?:file:\/\/)?(\/?.+?):(\d+):(\d+)\)?$/gm)) {
    const [, file = "", line, column] = match;
    if (isOwn(file)) return { file, line: Number(line), column: Number(column) };
  }
  return undefined;
}

/** Names in quotes, at most ten of them. */
export function list(names: readonly string[]): string {
  const shown = names.slice(0, 10).map((each) => `"${each}"`);
  return names.length > 10 ? `${shown.join(", ")} and ${names.length - 10} more` : shown.join(", ");
}
