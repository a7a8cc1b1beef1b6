import type { TaskDefaults } from "../config/config.ts";
import type { Flow } from "../model/flow.ts";

/**
 * Gives tasks that say nothing themselves the config's retry and timeout, and
 * the flow its grace, stop signal and size of output. The flow was loaded for this run and belongs to it: its tasks are changed in
 * place, because a task is known by its identity.
 */
export function applyDefaults(flow: Flow, { retry, timeout, grace, stopSignal, maxOutput }: TaskDefaults): void {
  if (grace !== undefined && flow.grace === undefined) Object.assign(flow, { grace });
  if (stopSignal !== undefined && flow.stopSignal === undefined) Object.assign(flow, { stopSignal });
  if (maxOutput !== undefined && flow.maxOutput === undefined) Object.assign(flow, { maxOutput });
  for (const task of flow.tasks) {
    if (task.kind !== "task") continue;
    if (retry !== undefined && task.retry === undefined) Object.assign(task, { retry });
    if (timeout !== undefined && task.timeout === undefined) Object.assign(task, { timeout });
  }
}
