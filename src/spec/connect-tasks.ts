import type { Flow } from "../authoring/flow.ts";
import { plainSettings, Plumbing } from "../authoring/node.ts";
import type { Task } from "../model/task.ts";
import { plainNumbers } from "../model/written-number.ts";
import type { CompiledTask, ForeachList } from "./compile-task.ts";
import { withSpecName } from "./compile-trigger.ts";
import { nameOf } from "./problems.ts";
import { TASK_INPUT, taskScope, type FlowScope } from "./scope.ts";
import { ITEMS, toleranceOf } from "./tolerance.ts";

/**
 * Adds a spec's tasks to a flow, with an edge for each output that is read and each task that is waited for.
 *
 * @returns what stands for each task in the eyes of the others, by its key
 */
export function connectTasks(
  flow: Flow,
  compiled: readonly CompiledTask[],
  scope: FlowScope,
): ReadonlyMap<string, Task> {
  const byKey = new Map(
    compiled.map(({ key, task, entry }) => [
      key,
      entry.tolerate === undefined ? task : withSpecName(toleranceOf(task.name, entry.tolerate), key),
    ]),
  );
  const link = (from: string, to: Task, isRead: boolean): void => {
    const task = byKey.get(from);
    if (task !== undefined) flow.addEdge(task, to, isRead ? { key: TASK_INPUT + from } : {});
  };
  // Tasks stand in the order of the file, whatever the edges say first.
  for (const { key, task } of compiled) {
    flow.addTask(task);
    const judge = byKey.get(key);
    if (judge !== undefined && judge !== task) flow.addEdge(task, judge, { key: ITEMS });
  }
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
  return byKey;
}

/** The list of a `foreach` is the plumbing between what it reads and the mapped task. */
function listTask(name: string, foreach: ForeachList, scope: FlowScope, key: string): Task {
  const settings = plainSettings(name, "collection", { secrets: foreach.needs.secrets });
  return new Plumbing(settings, async (inputs, context) => {
    const list = plainNumbers(foreach.list(await taskScope(scope, inputs, context, foreach.needs)));
    if (Array.isArray(list)) return list as unknown[];
    const way = typeof list === "string" ? ": capture: lines, or json, reads one from what a script prints" : "";
    throw new TypeError(`foreach of "${key}" is ${nameOf(list)}, not a list${way}`);
  });
}
