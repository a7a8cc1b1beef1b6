import type { TaskFunction } from "../authoring/task-function.ts";
import { emailTask } from "./email-task.ts";
import { notifyTask } from "./notify-task.ts";
import { pagerdutyTask } from "./pagerduty-task.ts";
import { slackTask } from "./slack-task.ts";
import { smsTask } from "./sms-task.ts";
import { webhookTask } from "./webhook-task.ts";

/** The notification tasks by the names that specs and configs know them by: `uses: slack`. */
export const NOTIFICATION_TASKS: Readonly<Record<string, Pick<TaskFunction<object, null>, "create">>> = {
  slack: slackTask,
  sms: smsTask,
  notify: notifyTask,
  email: emailTask,
  webhook: webhookTask,
  pagerduty: pagerdutyTask,
};
