import type { SecretReference } from "../model/notification.ts";
import type { TaskOptions } from "../authoring/task-options.ts";
import { messageOf } from "./message-of.ts";
import { NotificationTask, notificationFunction, type NotificationKind } from "./notification-task.ts";
import { valueOrSecret, type NotifyInputs } from "./notify-inputs.ts";

/** What a webhook task takes; an object as `message` is the body as it is. */
export interface WebhookInputs extends NotifyInputs {
  /** The URL, kept in memory: it may hold a token. */
  readonly url?: string | SecretReference | undefined;
  /** The secret that holds the URL. @default "WEBHOOK_URL" */
  readonly urlSecret?: string | undefined;
  /** The secret that signs each message. @default unsigned */
  readonly signingSecret?: string | undefined;
  readonly headers?: Readonly<Record<string, string | SecretReference>> | undefined;
}

const WEBHOOK: NotificationKind<WebhookInputs> = {
  name: "webhook",
  inputs: ["url", "urlSecret", "signingSecret", "headers"],
  destination({ url, urlSecret = "WEBHOOK_URL", signingSecret, headers }) {
    const { reference, values } = valueOrSecret("url", url, urlSecret);
    const secret = signingSecret === undefined ? undefined : { secret: signingSecret };
    return { definition: { type: "webhook", url: reference, secret, headers }, values };
  },
  message: ({ message }, source) => messageOf(message, source),
};

/** Posts a message to a URL, signed after standard-webhooks where a secret for it is named. */
export class WebhookTask extends NotificationTask<WebhookInputs> {
  constructor(options: TaskOptions & Partial<WebhookInputs> = {}) {
    super(WEBHOOK, options, "WebhookTask");
  }
}

/** Posts a message to a URL: `webhookTask({ message, url })` inside a flow. */
export const webhookTask = notificationFunction(WEBHOOK, (options) => new WebhookTask(options));
