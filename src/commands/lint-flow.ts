import type { Diagnostic } from "../model/error.ts";
import type { Flow } from "../model/flow.ts";
import type { Task } from "../model/task.ts";

/** What is allowed and yet hardly meant. Every finding is a warning. */
export function lintFlow(flow: Flow, file: string): readonly Diagnostic[] {
  const found: Diagnostic[] = [];
  const warn = (code: string, message: string, help?: string): void => {
    found.push({ code, severity: "warning", message, file, ...(help === undefined ? {} : { help }) });
  };
  const upstream = new Map<Task, Task[]>();
  for (const { from, to } of flow.edges) upstream.set(to, [...(upstream.get(to) ?? []), from]);
  for (const task of flow.tasks) {
    const { name, kind, trigger, retry, timeout } = task;
    const before = upstream.get(task)?.length ?? 0;
    const waits = trigger?.triggerName;
    if (kind === "notification" && before === 0 && waits !== undefined && waits !== "all_successful")
      warn(
        "TRIGGER_WITHOUT_UPSTREAM",
        `task "${name}" has the trigger ${waits} and comes after no task`,
        "name the tasks it watches: needs",
      );
    if (kind === "notification" && task.skipOnUpstreamSkip && waits !== undefined && /fail/.test(waits))
      warn(
        "ALERT_SILENCED",
        `task "${name}" is skipped with any task before it that is skipped`,
        "leave skipOnUpstreamSkip out",
      );
    if (retry !== undefined && flow.timeout !== undefined) {
      const longest = longestRetries(retry);
      if (longest !== undefined && longest >= flow.timeout)
        warn("RETRY_BEYOND_TIMEOUT", `the retries of task "${name}" wait longer than the flow may run`);
    }
    if (timeout !== undefined && flow.timeout !== undefined && timeout > flow.timeout)
      warn("TIMEOUT_BEYOND_FLOW", `task "${name}" may take longer than the whole flow`);
  }
  return found;
}

/** Milliseconds all retries of a task wait together at most; `undefined` where they are computed. */
export function longestRetries({
  max,
  delay = 0,
  backoff = 1,
  maxDelay = Infinity,
}: NonNullable<Task["retry"]>): number | undefined {
  if (typeof delay === "function") return undefined;
  let total = 0;
  for (let index = 0; index < max; index += 1) {
    const base = typeof delay === "number" ? delay : (delay[Math.min(index, delay.length - 1)] ?? 0);
    total += Math.min(base * backoff ** index, maxDelay);
  }
  return total;
}
