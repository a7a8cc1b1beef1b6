import type { TaskOptions } from "../authoring/task-options.ts";
import { messageOf } from "./message-of.ts";
import { NotificationTask, notificationFunction, type NotificationKind } from "./notification-task.ts";
import type { NotifyInputs } from "./notify-inputs.ts";

/** What a PagerDuty task takes; an object as `message` is the event as it is. */
export interface PagerdutyInputs extends NotifyInputs {
  /** The secret that holds the integration's key. @default "PAGERDUTY_ROUTING_KEY" */
  readonly routingKeySecret?: string | undefined;
  readonly severity?: "critical" | "error" | "warning" | "info" | undefined;
  /** Events with the same key are one incident. @default one for each message */
  readonly dedupKey?: string | undefined;
}

const PAGERDUTY: NotificationKind<PagerdutyInputs> = {
  name: "pagerduty",
  inputs: ["routingKeySecret", "severity", "dedupKey"],
  destination: ({ routingKeySecret = "PAGERDUTY_ROUTING_KEY", severity, dedupKey }) => ({
    definition: { type: "pagerduty", routingKey: { secret: routingKeySecret }, severity, dedupKey },
  }),
  message: ({ message }, source) => messageOf(message, source),
};

/** Triggers an event at PagerDuty. */
export class PagerdutyTask extends NotificationTask<PagerdutyInputs> {
  constructor(options: TaskOptions & Partial<PagerdutyInputs> = {}) {
    super(PAGERDUTY, options, "PagerdutyTask");
  }
}

/** Triggers an event at PagerDuty: `pagerdutyTask({ message })` inside a flow. */
export const pagerdutyTask = notificationFunction(PAGERDUTY, (options) => new PagerdutyTask(options));
