import { Flow } from "../authoring/flow.ts";
import type { FlowHandlerEntry } from "../model/flow.ts";
import type { ParameterDeclaration } from "../model/parameter.ts";
import type { Task } from "../model/task.ts";
import { checkCycles } from "./check-cycles.ts";
import { compileEnv } from "./compile-env.ts";
import { compileParams } from "./compile-params.ts";
import { compileHandlers, compileTask, type CompiledTask, type TaskSetting } from "./compile-task.ts";
import { connectTasks } from "./connect-tasks.ts";
import { declaredOutputs } from "./declared-outputs.ts";
import { milliseconds } from "./fields.ts";
import { addResult, compileResult, takeResult } from "./flow-result.ts";
import type { FlowFile } from "./flow-schema.ts";
import { noNeeds, Reader, type Surroundings } from "./reader.ts";
import type { Report } from "./report.ts";
import type { Library } from "./resolve-uses.ts";
import type { FlowScope } from "./scope.ts";
import { suggestion } from "./suggestion.ts";

/** What a spec is compiled with beside its content. */
export interface FlowSetting {
  readonly report: Report;
  readonly library: Library;
  readonly file: string;
  /** The name where the spec gives none. */
  readonly name: string;
  /** Names of all tasks that were written, also of those that could not be read. */
  readonly taskNames: readonly string[];
  /** Environment variables, those of dotenv files included. */
  readonly variables: Readonly<Record<string, string | undefined>>;
  /** Those that only dotenv files give. */
  readonly fromFiles: Readonly<Record<string, string>>;
  /** The time, in milliseconds. */
  readonly now: () => number;
  /** The config's time zone. */
  readonly timezone?: string | undefined;
}

/** A flow with what is known of how it was written. */
export interface CompiledFlow {
  readonly flow: Flow;
  readonly tasks: readonly CompiledTask[];
  /** All outputs that something reads: `task.output`, or `task` for all of them. */
  readonly outputsRead: ReadonlySet<string>;
}

/** Compiles a checked spec to the same Flow that code makes; what is wrong is reported. */
export async function compileFlow(content: FlowFile, setting: FlowSetting): Promise<CompiledFlow> {
  const { report, variables, fromFiles, file, now } = setting;
  const name = content.flow ?? setting.name;
  const zone = content.timezone ?? setting.timezone ?? "UTC";
  const declarations = compileParams(content.params, { report, flow: name, variables, now, zone });
  const around: Surroundings = {
    roots: ["params", "env", "secrets", "run", "flow", "now"],
    params: declarations.map((each) => each.name),
    tasks: setting.taskNames,
    variables: new Set(Object.keys(variables)),
    zone,
    samples: samplesOf(declarations),
    ...outputsOf(content, setting.library),
  };
  const read = noNeeds();
  const env = compileEnv(content.env, ["env"], new Reader(report, around, read));
  // Tasks read the flow's own variables, too.
  const inside = { ...around, variables: new Set([...(around.variables ?? []), ...Object.keys(content.env ?? {})]) };
  const scope: FlowScope = {
    flow: name,
    variables,
    fromFiles,
    env,
    envSecrets: [...read.secrets],
    now,
    defaults: Object.fromEntries(declarations.map((each) => [each.name, each.written ?? each.default])),
  };
  const outputsRead = new Set<string>();
  const compiling: TaskSetting = { ...setting, content, around: inside, scope, outputsRead };
  const tasks: CompiledTask[] = [];
  for (const [key, entry] of Object.entries(content.tasks)) tasks.push(await compileTask(key, entry, compiling));
  checkNames(tasks, report);
  checkCycles(tasks, report);
  const handlers = await compileHandlers(content.stateHandlers, ["stateHandlers"], compiling);
  const result = compileResult(content.result, inside, report);
  const pools = tasks.flatMap(({ key, entry }) =>
    entry.max === undefined ? [] : [[`map:${key}`, entry.max] as const],
  );
  const flow = new Flow(name, {
    params: Object.fromEntries(declarations.map(({ name: parameter, ...rest }) => [parameter, rest])),
    tags: content.tags ?? [],
    secrets: content.secrets ?? [],
    stateHandlers: handlers as unknown as FlowHandlerEntry[],
    pools: { ...content.pools, ...Object.fromEntries(pools) },
    ...(content.concurrency === undefined ? {} : { concurrency: content.concurrency }),
    ...(content.timeout === undefined ? {} : { timeout: milliseconds(content.timeout) }),
    ...(content.grace === undefined ? {} : { grace: milliseconds(content.grace) }),
    ...(content.stopSignal === undefined ? {} : { stopSignal: content.stopSignal }),
    ...(content.timezone === undefined ? {} : { timezone: content.timezone }),
    ...(result === undefined ? {} : { terminalStateHandler: takeResult }),
  });
  // A spec is a file; the stack says where this code is.
  Object.defineProperty(flow, "source", { value: { file } });
  const byKey = connectTasks(flow, tasks, scope);
  const references = referenceTasks(content, byKey, report);
  if (!report.hasErrors) {
    if (references !== undefined) flow.setReferenceTasks(references);
    const decisive = result === undefined ? [] : flow.referenceTasks();
    if (result !== undefined) flow.setReferenceTasks([...decisive, addResult(flow, result, byKey, scope)]);
  }
  for (const each of [...tasks.map((task) => task.outputsRead), result?.needs.outputs ?? []])
    for (const output of each) outputsRead.add(output);
  return { flow, tasks, outputsRead };
}

/** A value of each parameter whose type is known: what an expression makes of it shows whether the types fit. */
function samplesOf(declarations: readonly ParameterDeclaration[]): Readonly<Record<string, unknown>> {
  const samples = {
    string: "2026-01-31",
    date: "2026-01-31",
    datetime: new globalThis.Date(0),
    integer: 1,
    number: 1.5,
    boolean: true,
  };
  return Object.fromEntries(
    declarations.flatMap(({ name, type, default: fallback }) =>
      type === undefined || type === "object" || type === "array" || fallback === null ? [] : [[name, samples[type]]],
    ),
  );
}

/** The outputs of tasks, where they are known, and the tasks whose outputs are lists. */
function outputsOf(content: FlowFile, library: Library): Pick<Surroundings, "outputs" | "lists"> {
  const outputs = new Map<string, readonly string[]>();
  const lists = new Set<string>();
  for (const [key, entry] of Object.entries(content.tasks)) {
    const answered = library.inputs?.[entry.uses ?? ""]?.outputs;
    if (entry.foreach !== undefined) lists.add(key);
    else if (answered !== undefined) outputs.set(key, answered);
    else if (entry.run !== undefined && entry.outputs !== undefined)
      outputs.set(key, ["stdout", ...declaredOutputs(entry.outputs).keys()]);
  }
  return { outputs, lists };
}

function referenceTasks(
  content: FlowFile,
  byKey: ReadonlyMap<string, Task>,
  report: Report,
): readonly Task[] | undefined {
  return content.referenceTasks?.flatMap((name, index) => {
    const found = byKey.get(name);
    if (found === undefined)
      report.value(["referenceTasks", index], {
        code: "UNKNOWN_TASK",
        message: `there is no task "${name}"`,
        help: suggestion(name, [...byKey.keys()]),
      });
    return found === undefined ? [] : [found];
  });
}

function checkNames(compiled: readonly CompiledTask[], report: Report): void {
  const seen = new Map<string, string>();
  for (const { key, task } of compiled) {
    const other = seen.get(task.name);
    if (other !== undefined)
      report.value(["tasks", key, "name"], {
        code: "NAME_TAKEN",
        message: `tasks "${other}" and "${key}" have the same name "${task.name}"`,
      });
    else seen.set(task.name, key);
  }
}
