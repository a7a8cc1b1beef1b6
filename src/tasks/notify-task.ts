import type { TaskOptions } from "../authoring/task-options.ts";
import { messageOf } from "./message-of.ts";
import { NotificationTask, notificationFunction, type NotificationKind } from "./notification-task.ts";
import type { NotifyInputs } from "./notify-inputs.ts";

const NOTIFY: NotificationKind<NotifyInputs> = {
  name: "notify",
  inputs: [],
  // On a fresh machine with no config there is still the inbox (design decision 16).
  destination: () => ({ definition: { type: "inbox" } }),
  message: ({ message }, source) => messageOf(message, source),
};

/** Tells a channel of the config, or the inbox where none is named. */
export class NotifyTask extends NotificationTask<NotifyInputs> {
  constructor(options: TaskOptions & Partial<NotifyInputs> = {}) {
    super(NOTIFY, options, "NotifyTask");
  }
}

/** Tells a channel of the config: `notifyTask({ channel: "team", message })` inside a flow. */
export const notifyTask = notificationFunction(NOTIFY, (options) => new NotifyTask(options));
