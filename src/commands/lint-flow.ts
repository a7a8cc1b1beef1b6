import type { Diagnostic } from "../model/error.ts";
import type { Flow } from "../model/flow.ts";
import type { Task } from "../model/task.ts";
import { longestRetries } from "../coordinator/longest-retries.ts";
import { PLUMBING } from "../coordinator/plumbing.ts";
import { lintReferences } from "./lint-references.ts";
import { tryTrigger } from "./try-trigger.ts";

/** Something that is allowed and yet hardly meant. */
export type Warn = (
  task: Task,
  /** The task's key that says it. */
  key: string,
  finding: Pick<Diagnostic, "code" | "message" | "help">,
) => void;

/** Tells what is allowed in a flow's tasks and yet hardly meant. */
export function lintFlow(flow: Flow, pools: Readonly<Record<string, number>>, warn: Warn): void {
  lintReferences(flow, warn);
  for (const task of flow.tasks.filter((each) => !PLUMBING.has(each.kind))) {
    lintTrigger(flow, task, warn);
    lintTimes(flow, task, warn);
    if (task.pool !== undefined && flow.pools[task.pool] === undefined && pools[task.pool] === undefined)
      warn(task, "pool", {
        code: "UNKNOWN_POOL",
        message: `the pool "${task.pool}" of task "${task.name}" has no limit`,
        help: `pools: { ${task.pool}: 2 }`,
      });
  }
}

function lintTrigger(flow: Flow, task: Task, warn: Warn): void {
  const { name, kind, trigger } = task;
  const called = trigger?.triggerName;
  if (called === undefined || called === "all_successful") return;
  const isAlert = kind === "notification";
  const say = (code: string, message: string, help?: string): void => {
    warn(task, "trigger", { code, message, ...(help === undefined ? {} : { help }) });
  };
  const into = flow.edges.filter(
    (edge) => edge.to === task && (edge.from.kind === "collection" || !PLUMBING.has(edge.from.kind)),
  );
  if (isAlert && into.length === 0)
    say(
      "TRIGGER_WITHOUT_UPSTREAM",
      `task "${name}" has the trigger ${called} and comes after no task: it tells at once, whatever happens`,
      "name the tasks it watches: needs",
    );
  else if (isAlert && called === "manual_only")
    say(
      "NOTIFICATION_TRIGGER",
      `task "${name}" waits for a person before it tells anybody`,
      "to ask a person, put a task that uses prompt before it",
    );
  else {
    const answer = tryTrigger(flow, task);
    if (answer === "never" && isAlert)
      say("ALERT_NEVER_FIRES", `task "${name}" never tells anybody: its trigger ${called} cannot hold`);
    else if (answer === "never") say("TASK_NEVER_RUNS", `task "${name}" never runs: its trigger ${called} cannot hold`);
    else if (answer === "always" && !["all_finished", "always_run"].includes(called))
      say("TRIGGER_ALWAYS_HOLDS", `the trigger ${called} of task "${name}" always holds`, "all_finished says the same");
  }
  if (isAlert && task.skipOnUpstreamSkip && /fail/.test(called))
    warn(task, "skipOnUpstreamSkip", {
      code: "ALERT_SILENCED",
      message: `task "${name}" is skipped with any task before it that is skipped, whatever else failed`,
      help: "leave skipOnUpstreamSkip out",
    });
}

function lintTimes(flow: Flow, task: Task, warn: Warn): void {
  const { name, retry, timeout } = task;
  if (flow.timeout === undefined || flow.timeout <= 0) return;
  const longest = retry === undefined ? 0 : (longestRetries(retry) ?? 0);
  if (longest >= flow.timeout)
    warn(task, "retry", {
      code: "RETRY_BEYOND_TIMEOUT",
      message: `the retries of task "${name}" wait longer than the flow may run: the last of them never come`,
      help: "fewer retries, a shorter delay, maxDelay, or a longer timeout of the flow",
    });
  if (timeout !== undefined && timeout > flow.timeout)
    warn(task, "timeout", {
      code: "TIMEOUT_BEYOND_FLOW",
      message: `an attempt of task "${name}" may take longer than the whole flow: its timeout never comes`,
    });
}
