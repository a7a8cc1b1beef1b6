import { checkTemplate, isNotifierName } from "./hook-message.ts";
import { Fail, Skip } from "../model/signal.ts";
import { TASK, type Task, type TaskContext, type TaskHandlerEntry } from "../model/task.ts";
import { compileBody, type Body } from "./compile-body.ts";
import { checkCache, compileCache } from "./compile-cache.ts";
import { compileTrigger, withSpecName, type CompiledTrigger } from "./compile-trigger.ts";
import { many, milliseconds, retryOf } from "./fields.ts";
import type { FlowFile, TaskEntry } from "./flow-schema.ts";
import { noNeeds, Reader, type Needs, type Surroundings, type Value } from "./reader.ts";
import { nameOf } from "./problems.ts";
import type { Report } from "./report.ts";
import { resolveHandler, type Library } from "./resolve-uses.ts";
import { ITEM, scopeNeeds, taskScope, type FlowScope, type MappedItems, type ScopeNeeds } from "./scope.ts";
import type { Path } from "./source.ts";
import { suggestion } from "./suggestion.ts";

/** A task of a spec that was understood, and what it comes after. */
export interface CompiledTask {
  readonly key: string;
  readonly entry: TaskEntry;
  readonly task: Task;
  /** Inputs that are plain values: the flow's constants, as in code. */
  readonly constants: Readonly<Record<string, unknown>>;
  /** Tasks whose outputs it reads. */
  readonly reads: readonly string[];
  /** Those outputs: `task.output`, or `task` for all of them. */
  readonly outputsRead: ReadonlySet<string>;
  /** Roots of what it reads: `params`, `item`, … */
  readonly rootsRead: ReadonlySet<string>;
  /** All tasks it comes after. */
  readonly after: readonly string[];
  /** The lists it runs once for each item of, side by side. */
  readonly foreach: readonly ForeachList[];
}

/** One list of a `foreach`. */
export interface ForeachList {
  /** The key of the edge that carries its items. */
  readonly key: string;
  readonly list: Value;
  readonly reads: readonly string[];
  readonly needs: ScopeNeeds;
  /** The task whose outputs the list is, where it is nothing else: it is mapped over without any plumbing. */
  readonly outputsOf: string | undefined;
}

/** What tasks of one spec are compiled with. */
export interface TaskSetting {
  readonly report: Report;
  readonly library: Library;
  readonly file: string;
  readonly content: Pick<FlowFile, "cwd" | "defaults" | "tasks">;
  /** Where tasks stand in the source. @default ["tasks"] */
  readonly under?: Path;
  readonly around: Surroundings;
  readonly scope: FlowScope;
  /** Outputs that something reads, `task.output` or `task`: complete once all tasks are compiled. */
  readonly outputsRead?: ReadonlySet<string>;
}

const ROOTS = ["params", "tasks", "env", "secrets", "run", "flow", "now"];

/** Compiles one task: its settings, its body and all that its expressions read. */
export async function compileTask(key: string, entry: TaskEntry, setting: TaskSetting): Promise<CompiledTask> {
  const { report, around } = setting;
  const path: Path = [...(setting.under ?? ["tasks"]), key];
  const needs = noNeeds();
  const alias = entry.as ?? "item";
  const lists = listsOf(entry.foreach);
  const mapped = lists.length === 0 ? [] : ["item", "index", alias, ...lists.map(([name]) => name)];
  const reader = new Reader(report, { ...around, roots: [...ROOTS, ...mapped], self: key }, needs);
  const foreach = lists.map(([name, list]): ForeachList => {
    const reads: Needs = { ...noNeeds(), outputs: needs.outputs };
    const at = name === "" ? [...path, "foreach"] : [...path, "foreach", name];
    const inside = new Reader(report, { ...around, roots: ROOTS, self: key }, reads);
    const value = typeof list === "string" ? inside.list(list, at) : inside.data(list, at);
    const tasks = [...reads.tasks];
    const own = scopeNeeds(reads, setting.scope);
    return { key: ITEM + name, list: value, reads: tasks, needs: own, outputsOf: outputsOf(list) };
  });
  checkLengths(lists, [...path, "foreach"], report);
  const condition =
    entry.if === undefined
      ? undefined
      : typeof entry.if === "boolean"
        ? () => entry.if
        : reader.condition(entry.if, [...path, "if"]);
  const body = await compileBody(entry, path, reader, setting);
  checkCache(entry, path, around, needs.tasks, report);
  const handlers = await compileHandlers(entry.stateHandlers, [...path, "stateHandlers"], setting);
  const trigger = compileTrigger(entry.trigger, [...path, "trigger"], around.tasks, report);
  const asked = many(entry.needs);
  for (const [index, name] of asked.entries()) {
    const at = typeof entry.needs === "string" ? [...path, "needs"] : [...path, "needs", index];
    if (name === key) report.value(at, { code: "FLOW_CYCLE", message: `task "${key}" needs itself` });
    else if (!around.tasks.includes(name))
      report.value(at, {
        code: "UNKNOWN_TASK",
        message: `task "${key}" needs "${name}", which does not exist`,
        help: suggestion(name, around.tasks),
      });
  }
  const known = asked.filter((name) => name !== key && around.tasks.includes(name));
  if (entry.as !== undefined && around.tasks.includes(entry.as))
    report.value([...path, "as"], { code: "NAME_TAKEN", message: `"${entry.as}" is the name of a task` });
  const made = scopeNeeds(needs, setting.scope, entry.run !== undefined);
  const run = runner(entry, body, condition, setting, made, { alias, lists: foreach });
  const secrets = [...made.secrets, ...(entry.secrets ?? [])];
  const task = makeTask(key, entry, setting, { body, trigger, handlers, secrets, run, checkLists: checkLists(lists) });
  return {
    key,
    entry,
    task,
    constants: body.constants,
    reads: [...needs.tasks],
    outputsRead: needs.outputs,
    rootsRead: needs.roots,
    after: [...new Set([...known, ...trigger.tasks, ...needs.tasks])],
    foreach,
  };
}

/** The lists of a `foreach` by their names; one alone has none. */
function listsOf(foreach: TaskEntry["foreach"]): readonly (readonly [string, unknown])[] {
  if (foreach === undefined) return [];
  return typeof foreach === "string" || Array.isArray(foreach) ? [["", foreach]] : Object.entries(foreach);
}

/** Lists side by side must be of one length: no item is dropped. */
function checkLengths(lists: readonly (readonly [string, unknown])[], path: Path, report: Report): void {
  const known = lists.flatMap(([name, list]) => (Array.isArray(list) ? [`${name} has ${list.length}`] : []));
  if (new Set(lists.flatMap(([, list]) => (Array.isArray(list) ? [list.length] : []))).size > 1)
    report.value(path, {
      code: "FOREACH_LENGTHS",
      message: `the lists of foreach differ in length: ${known.join(", ")}`,
      help: "items are taken side by side, the first of each list, then the second: make the lists equally long",
    });
}

/** The same for lists whose lengths are known when they are. */
function checkLists(lists: readonly (readonly [string, unknown])[]): Task["checkLists"] {
  if (lists.length < 2) return undefined;
  return (lengths) => {
    if (new Set(lengths.values()).size < 2) return undefined;
    const known = Array.from(lengths, ([key, length]) => `${key.slice(ITEM.length)} has ${length}`);
    return `The lists of foreach differ in length: ${known.join(", ")}. Make the lists equally long.`;
  };
}

function outputsOf(list: unknown): string | undefined {
  return typeof list === "string" ? /^\$\{\{\s*tasks\.(\w+)\.outputs\s*\}\}$/.exec(list)?.[1] : undefined;
}

function runner(
  entry: TaskEntry,
  body: Body,
  condition: Value | undefined,
  setting: TaskSetting,
  needs: ScopeNeeds,
  mapped: MappedItems,
): Task["run"] {
  return async (inputs: Readonly<Record<string, unknown>>, context: TaskContext): Promise<unknown> => {
    const scope = await taskScope(setting.scope, inputs, context, needs, mapped);
    const isWanted = condition === undefined ? true : condition(scope);
    const why = typeof entry.if === "boolean" ? "if: false" : `if: ${entry.if ?? ""} is false`;
    // eslint-disable-next-line @typescript-eslint/only-throw-error -- a signal is thrown, and is not an Error
    if (isWanted === false) throw new Skip(why);
    if (isWanted !== true)
      // eslint-disable-next-line @typescript-eslint/only-throw-error -- the same
      throw new Fail(`if: ${String(entry.if)} is ${nameOf(isWanted)}, and must be true or false`, { result: null });
    return body.run(scope, context);
  };
}

function makeTask(
  key: string,
  entry: TaskEntry,
  { content, scope }: TaskSetting,
  made: {
    readonly body: Body;
    readonly trigger: CompiledTrigger;
    readonly handlers: readonly TaskHandlerEntry[];
    readonly secrets: readonly string[];
    readonly run: Task["run"];
    readonly checkLists: Task["checkLists"];
  },
): Task {
  const { body, trigger } = made;
  const kind = body.used.kind ?? "task";
  const chosen = trigger.trigger ?? body.used.trigger;
  const timeout = entry.timeout ?? content.defaults?.timeout;
  const grace = entry.grace ?? content.defaults?.grace;
  const quiet =
    kind === "notification" && trigger.trigger !== undefined && trigger.trigger.triggerName !== "all_successful";
  const settings: Task = {
    [TASK]: true,
    name: entry.name ?? key,
    kind,
    tags: entry.tags ?? body.used.tags ?? [],
    trigger: chosen,
    skipOnUpstreamSkip:
      entry.skipOnUpstreamSkip ?? (trigger.isExpression || quiet ? false : (body.used.skipOnUpstreamSkip ?? true)),
    retry: retryOf(entry.retry ?? content.defaults?.retry) ?? body.used.retry,
    timeout: timeout === undefined ? body.used.timeout : milliseconds(timeout),
    grace: grace === undefined ? body.used.grace : milliseconds(grace),
    stopSignal: entry.stopSignal ?? body.used.stopSignal ?? content.defaults?.stopSignal,
    cache: compileCache(key, entry, scope.flow) ?? body.used.cache,
    checkpoint: entry.checkpoint ?? body.used.checkpoint ?? true,
    stateHandlers: [...(body.used.stateHandlers ?? []), ...made.handlers],
    onFailure: body.used.onFailure,
    secrets: [...new Set([...made.secrets, ...(body.used.secrets ?? [])])],
    pool: entry.pool ?? (entry.max === undefined ? body.used.pool : `map:${key}`),
    priority: entry.priority ?? body.used.priority ?? 0,
    inputNames: undefined,
    ...(body.channel === undefined ? {} : { channelFor: () => body.channel }),
    run: made.run,
    ...(made.checkLists === undefined ? {} : { checkLists: made.checkLists }),
  };
  const { secretsFor, channelFor, subFlow } = body.used;
  const more = {
    ...(subFlow === undefined ? {} : { subFlow }),
    ...(secretsFor === undefined
      ? {}
      : {
          secretsFor: (constants: Readonly<Record<string, unknown>>) =>
            secretsFor.call(body.used, constants, body.computed),
        }),
    ...(channelFor === undefined
      ? {}
      : { channelFor: (constants: Readonly<Record<string, unknown>>) => channelFor.call(body.used, constants) }),
  };
  return withSpecName(Object.assign(settings, more), key);
}

/** State handlers that a spec names, each resolved to what the engine calls. */
export async function compileHandlers(
  entries: TaskEntry["stateHandlers"],
  path: Path,
  { report, library, file, around: { params, variables } }: TaskSetting,
): Promise<readonly TaskHandlerEntry[]> {
  const around = { ...(params === undefined ? {} : { params }), ...(variables === undefined ? {} : { variables }) };
  const handlers: TaskHandlerEntry[] = [];
  for (const [index, entry] of (entries ?? []).entries()) {
    const found = await resolveHandler(entry.uses, entry.with ?? {}, file, library);
    if (isNotifierName(entry.uses))
      for (const key of ["message", "subject"])
        checkTemplate(entry.with?.[key], {
          path: [...path, index, "with", key],
          report,
          subject: path.length === 1 ? "flow" : "task",
          ...(key === "subject" ? { more: ["message"] } : {}),
          ...around,
        });
    if (typeof found === "object" && "code" in found)
      report.value([...path, index, ...(found.within ?? ["uses"])], found);
    else handlers.push(found);
  }
  return handlers;
}
