import { Flow as AuthoredFlow } from "../authoring/flow.ts";
import type { AttachedTask, Config } from "../config/config.ts";
import { diagnoseConfig } from "../config/diagnose-config.ts";
import { matchesRun } from "../hooks/match.ts";
import type { RunFacts } from "../hooks/told.ts";
import type { Diagnostic } from "../model/error.ts";
import type { Flow } from "../model/flow.ts";
import type { Task } from "../model/task.ts";
import { compileAttached } from "../spec/compile-attached.ts";
import { specNameOf } from "../spec/compile-trigger.ts";
import { TASK_INPUT } from "../spec/scope.ts";
import { suggestion } from "../spec/suggestion.ts";
import { LIBRARY } from "./library.ts";

/** What expressions of the config may read beside the run. */
export interface Surroundings {
  readonly variables: Readonly<Record<string, string | undefined>>;
  /** The time, in milliseconds. */
  readonly now: () => number;
}

/**
 * Adds the notification tasks of the config to a flow: each after the tasks it
 * names, else after the flow's terminal and reference tasks.
 *
 * @param problems hears of all that is wrong, each at its place in the config
 */
export async function attachTasks(
  flow: Flow,
  facts: RunFacts,
  config: Config,
  surroundings: Surroundings,
  problems: Diagnostic[],
): Promise<Flow> {
  const wanted = Object.entries(config.tasks).filter(([, task]) => matchesRun(task.match, facts));
  if (wanted.length === 0 || !(flow instanceof AuthoredFlow)) return flow;
  const before = [...new Set([...flow.terminalTasks(), ...flow.referenceTasks()])].filter(
    (task) => task.kind !== "notification",
  );
  const extended = flow.copy();
  Object.defineProperty(extended, "source", { value: flow.source });
  // A task that is attached must not become what decides the run.
  const references = flow.referenceTasks();
  // Of a task with `tolerate:` the last of that name is what stands for it.
  const byName = new Map(
    flow.tasks.flatMap((task) => [task.name, specNameOf(task)].map((name) => [name, task] as const)),
  );
  for (const [name, rule] of wanted) {
    const upstream = rule.needs === undefined ? before : upstreamOf(name, rule, byName, config, problems);
    const compiled = await compileAttached(name, rule, {
      ...surroundings,
      flow: flow.name,
      tasks: [...byName.keys()],
      params: flow.params.kind === "declared" ? flow.params.declarations.map((each) => each.name) : undefined,
      library: LIBRARY,
      timezone: config.timezone,
      place: config.places.get(`tasks.${name}`),
      file: config.file ?? "",
    });
    problems.push(...compiled.diagnostics);
    const { task, constants, reads, after } = compiled;
    extended.addTask(task);
    for (const key of reads) extended.addEdge(byName.get(key) as Task, task, { key: TASK_INPUT + key });
    const read = new Set(reads.map((key) => byName.get(key)));
    for (const from of [...upstream, ...after.flatMap((key) => byName.get(key) ?? [])])
      if (!read.has(from)) extended.addEdge(from, task);
    for (const [input, value] of Object.entries(constants)) extended.setConstant(task, input, value);
  }
  if (references.length > 0) extended.setReferenceTasks(references);
  return extended;
}

function upstreamOf(
  name: string,
  { needs = [] }: AttachedTask,
  byName: ReadonlyMap<string, Task>,
  config: Config,
  problems: Diagnostic[],
): readonly Task[] {
  return needs.flatMap((need, index) => {
    const task = byName.get(need);
    if (task !== undefined) return [task];
    const at = diagnoseConfig(config, ["tasks", name], needs.length === 1 ? ["needs"] : ["needs", index], {
      code: "UNKNOWN_TASK",
      message: `task "${name}" needs "${need}", which the flow does not have`,
      help: suggestion(need, [...byName.keys()]) ?? "choose the flows it is for: match: { flows: [...] }",
    });
    problems.push(at);
    return [];
  });
}
