import { isAbsolute } from "node:path";
import { NOTIFIERS } from "../authoring/notifiers.ts";
import type { Library } from "../spec/resolve-uses.ts";

/** What `uses:` can name without a path: the task library and the notifiers flowctl ships. */
export const LIBRARY: Library = {
  tasks: {
    slack: async () => (await import("../tasks/slack-task.ts")).slackTask,
    sms: async () => (await import("../tasks/sms-task.ts")).smsTask,
    notify: async () => (await import("../tasks/notify-task.ts")).notifyTask,
    email: async () => (await import("../tasks/email-task.ts")).emailTask,
    webhook: async () => (await import("../tasks/webhook-task.ts")).webhookTask,
    http: async () => (await import("../tasks/http.ts")).http,
    sleep: async () => (await import("../tasks/sleep.ts")).sleep,
    approval: async () => (await import("../tasks/prompt.ts")).approval,
    prompt: async () => (await import("../tasks/prompt.ts")).prompt,
    pagerduty: async () => (await import("../tasks/pagerduty-task.ts")).pagerdutyTask,
  },
  inputs: {
    ...Object.fromEntries(
      ["slack", "sms", "notify", "webhook", "pagerduty"].map((name) => [name, { required: ["message"] }]),
    ),
    approval: { required: ["message"], known: ["message", "otherwise"] },
    prompt: { required: ["message"], known: ["message", "otherwise", "default", "choices"] },
    sleep: { required: ["duration"] },
    http: {
      required: ["url"],
      known: ["url", "method", "headers", "body", "json", "timeout", "maxWait", "accept"],
    },
  },
  handlers: Object.fromEntries(Object.entries(NOTIFIERS).map(([name, make]) => [name, () => Promise.resolve(make)])),
  importModule: async (path, from) => {
    const { importModule, importPackage } = await import("../load/import-module.ts");
    return isAbsolute(path) ? importModule(path) : importPackage(path, from);
  },
};
