import type { Alert } from "../model/notification.ts";
import { isOfFamily } from "../model/state.ts";
import type { OutboxItem } from "./item.ts";

/**
 * The message of the run itself that tells what this one of a task would, where both still wait
 * for the same recipient: a run's failure swallows the failures it names, and retries that have
 * come to nothing.
 */
export function swallowing(item: OutboxItem, waiting: readonly OutboxItem[]): OutboxItem | undefined {
  const own = alertOf(item);
  if (item.origin === "task" || item.attempts.length > 0 || own?.subject !== "task") return undefined;
  return waiting.find((other) => {
    const alert = alertOf(other);
    if (other.runId !== item.runId || other.recipient !== item.recipient || other.event === "run-suppressed")
      return false;
    return alert?.subject === "flow" && isOfFamily(alert.to, "Failed") && tells(alert, own);
  });
}

function tells(run: Alert, task: Alert): boolean {
  if (task.to === "Retrying") return true;
  if (!isOfFamily(task.to, "Failed") || task.group !== undefined) return false;
  const name = task.mapIndex === undefined ? task.task : `${task.task ?? ""}[${String(task.mapIndex)}]`;
  return (run.failures ?? []).some((each) => each.task === name);
}

function alertOf({ message }: OutboxItem): Alert | undefined {
  return message.kind === "alert" ? message.alert : undefined;
}
