import { basename, dirname, extname, resolve } from "node:path";
import type { Files } from "../host/files.ts";
import type { Environment } from "../host/host.ts";
import { diskTrouble } from "../model/disk-trouble.ts";
import { UserError, type Diagnostic } from "../model/error.ts";
import type { Flow } from "../model/flow.ts";
import type { Hook } from "../model/hook.ts";
import { compileFlow } from "./compile-flow.ts";
import { unquotedDefaults } from "./compile-params.ts";
import { many } from "./fields.ts";
import { compileHook } from "./compile-hook.ts";
import { checkTemplate } from "./hook-message.ts";
import { flowSchema, type FlowFile } from "./flow-schema.ts";
import { looseCaches } from "./loose-caches.ts";
import { openVariables } from "./open-variables.ts";
import { problemsOf, valueAt } from "./problems.ts";
import { readYaml } from "./read-yaml.ts";
import { Report } from "./report.ts";
import type { Library } from "./resolve-uses.ts";
import type { FlowScope } from "./scope.ts";
import type { Source } from "./source.ts";
import { unusedOutputs } from "./unused-outputs.ts";

/** What a spec is loaded with. */
export interface SpecOptions extends Library {
  readonly environment: Environment;
  /** For dotenv files. */
  readonly files: Files;
  /** The time, in milliseconds. */
  readonly now: () => number;
  /** Checks that a file that was read is UTF-8. @throws UserError "usage" with line and column */
  readonly checkText?: (file: string, text: string) => Promise<void>;
  /** The config's time zone, for a flow that names none. */
  readonly timezone?: string | undefined;
}

/** A spec that was understood. */
export interface LoadedSpec {
  readonly flow: Flow;
  readonly hooks: readonly Hook[];
  /** Variables of dotenv files and plain ones of `env:`, for the templates of its hooks. */
  readonly variables: Readonly<Record<string, string>>;
  /** What stands where in it. */
  readonly source: Source;
  /** What is allowed in it and yet hardly meant: warnings. */
  readonly hints: () => readonly Diagnostic[];
}

/**
 * Loads a flow spec.
 *
 * @param file its absolute path; paths inside it are relative to its directory
 * @throws UserError "usage" with all that is wrong, each at file, line and column
 */
export async function loadSpec(file: string, text: string, options: SpecOptions): Promise<LoadedSpec> {
  const read = readYaml(file, text);
  if (read.source === undefined) throw new UserError("usage", read.diagnostics);
  const report = new Report(read.source);
  const raw = read.source.value as Readonly<Record<string, unknown>>;
  const checked = flowSchema.safeParse(raw);
  if (!checked.success) report.diagnostics.push(...problemsOf(flowSchema, checked.error.issues, read.source));
  // What was written well is compiled all the same, so that all problems are told at once.
  const content = checked.success ? checked.data : remainder(raw, checked.error.issues);
  if (content === undefined) throw new UserError("usage", sorted(report.diagnostics));
  const stem = basename(file, extname(file));
  const tasks: unknown = raw["tasks"];
  const given = await variables(file, content, options, report);
  const own = plainVariables(content.env);
  const compiled = await compileFlow(content, {
    report,
    library: options,
    file,
    name: stem === "" ? "flow" : stem,
    taskNames: typeof tasks === "object" && tasks !== null ? Object.keys(tasks) : [],
    ...given,
    now: options.now,
    timezone: options.timezone,
  });
  const known = {
    params: Object.keys(content.params ?? {}),
    variables: new Set(Object.keys({ ...given.variables, ...own })),
  };
  for (const [index, hook] of (content.hooks ?? []).entries())
    for (const key of ["message", "subject"] as const)
      checkTemplate(hook[key], { path: ["hooks", index, key], report, ...known });
  if (report.hasErrors) throw new UserError("usage", sorted(report.diagnostics));
  const { flow } = compiled;
  const { source } = read;
  const hooks = (content.hooks ?? []).map((hook) => compileHook(hook, flow.name));
  return {
    flow,
    hooks,
    variables: { ...given.fromFiles, ...own },
    source,
    hints: () => {
      const numbers = new Report(source);
      unquotedDefaults(content.params, numbers);
      return [...unusedOutputs(compiled, source), ...looseCaches(compiled, source), ...numbers.diagnostics];
    },
  };
}

function remainder(
  raw: Readonly<Record<string, unknown>>,
  issues: readonly Parameters<typeof problemsOf>[1][number][],
): FlowFile | undefined {
  const kept = structuredClone(raw) as Record<string, unknown>;
  for (const issue of issues) {
    const path = issue.path.filter((part) => typeof part !== "symbol");
    const [top, second] = path;
    if (issue.code === "unrecognized_keys") {
      const holder = valueAt(kept, path);
      if (typeof holder === "object" && holder !== null)
        for (const key of issue.keys) Reflect.deleteProperty(holder, key);
    } else if ((top === "tasks" || top === "params") && second !== undefined)
      Reflect.deleteProperty(kept[top] as object, second);
    else if (top !== undefined) Reflect.deleteProperty(kept, top);
  }
  const again = flowSchema.safeParse(kept);
  return again.success ? again.data : undefined;
}

async function variables(
  file: string,
  content: FlowFile,
  options: SpecOptions,
  report: Report,
): Promise<Pick<FlowScope, "variables" | "fromFiles">> {
  const given = openVariables(options.environment.variables);
  let fromFiles: FlowScope["fromFiles"] = {};
  for (const [index, name] of many(content.dotenv).entries()) {
    const path = typeof content.dotenv === "string" ? ["dotenv"] : ["dotenv", index];
    const from = resolve(dirname(file), name);
    let text: string | undefined;
    try {
      text = options.files.readInput(from);
    } catch (error) {
      report.value(path, { code: "DOTENV_UNREADABLE", message: `${name} cannot be read: ${diskTrouble(error)}` });
      continue;
    }
    if (text === undefined) {
      report.value(path, { code: "DOTENV_NOT_FOUND", message: `there is no file ${name}` });
      continue;
    }
    // It stands for every byte that is no UTF-8, and may also be written in the file.
    if (text.includes("\uFFFD")) await options.checkText?.(from, text);
    const { readDotenv } = await import("../model/dotenv.ts");
    const read = readDotenv(text);
    if ("values" in read) fromFiles = { ...openVariables(read.values), ...fromFiles };
    else {
      const { line, column, message, help } = read.problem;
      report.value(path, { code: "DOTENV", message: `${name}:${line}:${column}: ${message}`, help });
    }
  }
  // What the environment says already stands.
  return {
    variables: { ...fromFiles, ...given },
    fromFiles: Object.fromEntries(Object.entries(fromFiles).filter(([name]) => !Object.hasOwn(given, name))),
  };
}

/** The flow's own variables whose values stand in the file: no task is needed to know them. */
function plainVariables(env: FlowFile["env"]): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(env ?? {}).flatMap(([name, value]) =>
      typeof value === "object" || String(value).includes("${{") ? [] : [[name, String(value)]],
    ),
  );
}

/** In the order of the file; each problem once. */
function sorted(diagnostics: readonly Diagnostic[]): readonly Diagnostic[] {
  const unique = new Map(
    diagnostics.map((each) => [`${String(each.line)}:${String(each.column)}:${each.message}`, each]),
  );
  return [...unique.values()].sort((a, b) => (a.line ?? 0) - (b.line ?? 0) || (a.column ?? 0) - (b.column ?? 0));
}
