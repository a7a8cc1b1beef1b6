import type { Flow } from "../authoring/flow.ts";
import type { FlowOptions } from "../authoring/flow-options.ts";
import { plainSettings, Plumbing } from "../authoring/node.ts";
import type { Task } from "../model/task.ts";
import { plainNumbers } from "../model/written-number.ts";
import { noNeeds, Reader, type Needs, type Surroundings, type Value } from "./reader.ts";
import type { Report } from "./report.ts";
import { scopeNeeds, TASK_INPUT, taskScope, type FlowScope } from "./scope.ts";

/** The `result:` of a flow, and what it reads. */
export interface FlowResult {
  readonly value: Value;
  readonly needs: Needs;
}

/** Reads `result:`. A secret may not stand in it: the result is shown and kept. */
export function compileResult(written: unknown, around: Surroundings, report: Report): FlowResult | undefined {
  if (written === undefined) return undefined;
  const needs = noNeeds();
  const roots = ["params", "tasks", "env", "run", "flow", "now"];
  return { value: new Reader(report, { ...around, roots }, needs).data(written, ["result"]), needs };
}

/** Adds the task that makes a run's result out of what it reads. It is the last of the reference tasks. */
export function addResult(
  flow: Flow,
  { value, needs }: FlowResult,
  byKey: ReadonlyMap<string, Task>,
  scope: FlowScope,
): Task {
  const reads = scopeNeeds(needs, scope);
  const made = new Plumbing(
    plainSettings("result", "collection", { secrets: reads.secrets }),
    async (inputs, context) => plainNumbers(value(await taskScope(scope, inputs, context, reads))),
  );
  flow.addTask(made);
  for (const name of needs.tasks) {
    const from = byKey.get(name);
    if (from !== undefined) flow.addEdge(from, made, { key: TASK_INPUT + name });
  }
  return made;
}

/** Puts the value of the last reference task into the run's last state. */
export const takeResult: NonNullable<FlowOptions["terminalStateHandler"]> = (_flow, to, references) =>
  to.type === "Success" ? { ...to, result: references.at(-1)?.result ?? null } : to;
