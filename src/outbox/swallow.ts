import type { Alert } from "../model/notification.ts";
import { isOfFamily } from "../model/state.ts";
import type { OutboxItem } from "./item.ts";

/** A message that has waited for so long was held up: by an outage, or by the service's limit. */
const HELD_UP_MS = 10_000;

/**
 * The message of the run itself that tells what this one of a task would, where this one was held
 * up and both wait for the same recipient: a run's failure swallows the failures it names, and
 * retries that have come to nothing.
 */
export function swallowing(item: OutboxItem, waiting: readonly OutboxItem[], now: number): OutboxItem | undefined {
  const own = alertOf(item);
  if (item.origin === "task" || own?.subject !== "task" || now - item.created < HELD_UP_MS) return undefined;
  // What may have arrived is sent as what it is: a repeat.
  if (item.attempts.some(({ outcome }) => outcome !== "transient")) return undefined;
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
