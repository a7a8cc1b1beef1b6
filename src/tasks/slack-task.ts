import type { SecretReference } from "../model/notification.ts";
import type { TaskOptions } from "../authoring/task-options.ts";
import { messageOf } from "./message-of.ts";
import { NotificationTask, notificationFunction, type NotificationKind } from "./notification-task.ts";
import { valueOrSecret, type NotifyInputs } from "./notify-inputs.ts";

/** What a Slack task takes; an object as `message` is posted as it is. */
export interface SlackInputs extends NotifyInputs {
  /** The secret that holds the webhook's URL. @default "SLACK_WEBHOOK_URL" */
  readonly webhookSecret?: string | undefined;
  /** The URL itself, from a task that knows it: then no secret is read, and it stays in memory. */
  readonly webhookUrl?: string | SecretReference | undefined;
}

const SLACK: NotificationKind<SlackInputs> = {
  name: "slack",
  inputs: ["webhookSecret", "webhookUrl"],
  destination({ webhookSecret = "SLACK_WEBHOOK_URL", webhookUrl }) {
    const { reference, values } = valueOrSecret("webhookUrl", webhookUrl, webhookSecret);
    return { definition: { type: "slack", url: reference }, values };
  },
  message: ({ message }, source) => messageOf(message, source),
};

/**
 * Posts a message to a Slack webhook.
 * Source: Prefect 1.x, `SlackTask`.
 */
export class SlackTask extends NotificationTask<SlackInputs> {
  constructor(options: TaskOptions & Partial<SlackInputs> = {}) {
    super(SLACK, options, "SlackTask");
  }
}

/** Posts a message to a Slack webhook: `slackTask({ message: value })` inside a flow. */
export const slackTask = notificationFunction(SLACK, (options) => new SlackTask(options));
