import { isRetryable } from "../model/retry.ts";
import type { State } from "../model/state.ts";
import type { TaskRun } from "./task-run.ts";

/** Whether the policy grants another attempt after this failure of the body. */
export function willRetry(run: TaskRun, failed: State): boolean {
  const policy = run.task.retry;
  if (policy === undefined || !run.inBody || run.ending || run.runner.stopping !== undefined) return false;
  return run.attempt <= policy.max && isRetryable(policy, failed.result);
}
