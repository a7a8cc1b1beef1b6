import type { TaskDefaults } from "../config/config.ts";
import type { Flow } from "../model/flow.ts";

/**
 * Gives tasks that say nothing themselves the config's retry and timeout. The
 * flow was loaded for this run and belongs to it: its tasks are changed in
 * place, because a task is known by its identity.
 */
export function applyDefaults(flow: Flow, { retry, timeout }: TaskDefaults): void {
  for (const task of flow.tasks) {
    if (task.kind !== "task") continue;
    if (retry !== undefined && task.retry === undefined) Object.assign(task, { retry });
    if (timeout !== undefined && task.timeout === undefined) Object.assign(task, { timeout });
  }
}
