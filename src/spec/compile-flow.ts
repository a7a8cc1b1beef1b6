import { Flow } from "../authoring/flow.ts";
import type { FlowHandlerEntry } from "../model/flow.ts";
import { TASK, type Task } from "../model/task.ts";
import { compileHandlers, compileTask, type CompiledTask, type ForeachList, type TaskSetting } from "./compile-task.ts";
import { compileParams } from "./compile-params.ts";
import { milliseconds } from "./fields.ts";
import type { FlowFile } from "./flow-schema.ts";
import { Reader } from "./reader.ts";
import type { Report } from "./report.ts";
import type { Library } from "./resolve-uses.ts";
import { TASK_INPUT, taskScope, type FlowScope } from "./scope.ts";
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
}

/** Compiles a checked spec to the same Flow that code makes; what is wrong is reported. */
export async function compileFlow(content: FlowFile, setting: FlowSetting): Promise<Flow> {
  const { report, taskNames, variables, file } = setting;
  const declarations = compileParams(content.params, variables, report);
  const name = content.flow ?? setting.name;
  const outputs = new Map(
    Object.entries(content.tasks).flatMap(([key, entry]) =>
      entry.run === undefined || entry.outputs === undefined
        ? []
        : [[key, ["stdout", ...(typeof entry.outputs === "string" ? [entry.outputs] : entry.outputs)]] as const],
    ),
  );
  const around = {
    roots: ["params", "env", "secrets", "run", "flow"],
    params: declarations.map((each) => each.name),
    tasks: taskNames,
    outputs,
  };
  const env = new Reader(report, around).data(content.env ?? {}, ["env"]);
  const scope: FlowScope = { flow: name, variables, env };
  const withEnvSecrets = { ...content, secrets: [...(content.secrets ?? []), ...secretsIn(content.env)] };
  const compiling: TaskSetting = { ...setting, content: withEnvSecrets, around, scope };
  const compiled: CompiledTask[] = [];
  for (const [key, entry] of Object.entries(content.tasks)) compiled.push(await compileTask(key, entry, compiling));
  checkNames(compiled, report);
  checkCycles(compiled, report);
  const stateHandlers = (await compileHandlers(
    content.stateHandlers,
    ["stateHandlers"],
    compiling,
  )) as unknown as FlowHandlerEntry[];
  const pools = compiled.flatMap(({ key, entry }) =>
    entry.max === undefined || entry.pool !== undefined ? [] : [[`map:${key}`, entry.max] as const],
  );
  const flow = new Flow(name, {
    params: Object.fromEntries(declarations.map(({ name: parameter, ...rest }) => [parameter, rest])),
    tags: content.tags ?? [],
    stateHandlers,
    pools: { ...content.pools, ...Object.fromEntries(pools) },
    ...(content.concurrency === undefined ? {} : { concurrency: content.concurrency }),
    ...(content.timeout === undefined ? {} : { timeout: milliseconds(content.timeout) }),
  });
  // A spec is a file; the stack says where this code is.
  Object.defineProperty(flow, "source", { value: { file } });
  connect(flow, compiled, scope);
  const references = referenceTasks(content, compiled, report);
  if (references !== undefined && !report.hasErrors) flow.setReferenceTasks(references);
  return flow;
}

function secretsIn(env: FlowFile["env"]): readonly string[] {
  return Object.values(env ?? {}).flatMap((text) =>
    Array.from(String(text).matchAll(/secrets\.(\w+)/g), (match) => match[1] ?? ""),
  );
}

function connect(flow: Flow, compiled: readonly CompiledTask[], scope: FlowScope): void {
  const byKey = new Map(compiled.map((each) => [each.key, each.task]));
  const link = (from: string, to: Task, isRead: boolean): void => {
    const task = byKey.get(from);
    if (task !== undefined) flow.addEdge(task, to, isRead ? { key: TASK_INPUT + from } : {});
  };
  // Tasks stand in the order of the file, whatever the edges say first.
  for (const { task } of compiled) flow.addTask(task);
  for (const { task, constants, reads, after, foreach, key } of compiled) {
    for (const each of foreach) {
      const mappedOver = each.outputsOf === undefined ? undefined : byKey.get(each.outputsOf);
      const from = mappedOver ?? listTask(`${task.name}.foreach`, each, scope, key);
      for (const name of mappedOver === undefined ? each.reads : []) link(name, from, true);
      flow.addEdge(from, task, { key: each.key, mapped: true });
    }
    for (const name of after) link(name, task, reads.includes(name));
    for (const [input, value] of Object.entries(constants)) flow.setConstant(task, input, value);
  }
}

/** The list of a `foreach` is the plumbing between what it reads and the mapped task. */
function listTask(name: string, foreach: ForeachList, scope: FlowScope, key: string): Task {
  return {
    [TASK]: true,
    name,
    kind: "collection",
    tags: [],
    trigger: undefined,
    skipOnUpstreamSkip: true,
    retry: undefined,
    timeout: undefined,
    cache: undefined,
    checkpoint: true,
    stateHandlers: [],
    onFailure: undefined,
    secrets: foreach.secrets,
    pool: undefined,
    priority: 0,
    inputNames: undefined,
    async run(inputs, context) {
      const list = foreach.list(await taskScope(scope, inputs, context, foreach.secrets, "item"));
      if (Array.isArray(list)) return list as unknown[];
      throw new TypeError(`foreach of "${key}" is not a list`);
    },
  };
}

function referenceTasks(
  content: FlowFile,
  compiled: readonly CompiledTask[],
  report: Report,
): readonly Task[] | undefined {
  const names = compiled.map((each) => each.key);
  return content.referenceTasks?.flatMap((name, index) => {
    const found = compiled.find((each) => each.key === name);
    if (found === undefined)
      report.value(["referenceTasks", index], {
        code: "UNKNOWN_TASK",
        message: `there is no task "${name}"`,
        help: suggestion(name, names),
      });
    return found === undefined ? [] : [found.task];
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

function checkCycles(compiled: readonly CompiledTask[], report: Report): void {
  const upstream = new Map(
    compiled.map((each) => [each.key, [...each.after, ...each.foreach.flatMap((list) => list.reads)]]),
  );
  const done = new Set<string>();
  const told = new Set<string>();
  for (const start of upstream.keys()) {
    if (done.has(start)) continue;
    const trail: { readonly key: string; next: number }[] = [{ key: start, next: 0 }];
    const onTrail = new Set([start]);
    for (let top = trail.at(-1); top !== undefined; top = trail.at(-1)) {
      const next = upstream.get(top.key)?.[top.next];
      top.next += 1;
      if (next === undefined) {
        done.add(top.key);
        onTrail.delete(top.key);
        trail.pop();
      } else if (onTrail.has(next)) {
        const circle = trail.slice(trail.findIndex((each) => each.key === next)).map((each) => each.key);
        const key = [...circle].sort()[0] ?? next;
        if (told.has(key)) continue;
        told.add(key);
        report.key(["tasks", key], {
          code: "FLOW_CYCLE",
          message: `tasks wait for each other in a circle: ${[...circle, next].join(" needs ")}`,
        });
      } else if (!done.has(next)) {
        onTrail.add(next);
        trail.push({ key: next, next: 0 });
      }
    }
  }
}
