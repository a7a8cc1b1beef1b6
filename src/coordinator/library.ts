import { isAbsolute } from "node:path";
import { NOTIFIERS } from "../authoring/notifiers.ts";
import { parseDuration } from "../model/duration.ts";
import type { HttpAnswer, HttpError } from "../tasks/http.ts";
import type { InputForm, Library } from "../spec/resolve-uses.ts";

const DURATION: InputForm = {
  expected: "a length of time with its unit, such as 250ms, 30s, 5m, 1h30m, 1d or PT5M",
  fits: (value) => parseDuration(value) !== undefined,
};
const URL_TEXT: InputForm = {
  expected: "a URL such as https://example.com/path",
  fits: (value) => typeof value === "string" && URL.canParse(value),
};
const oneOf = (...words: readonly string[]): InputForm => ({
  expected: words.join(" or "),
  fits: (value) => words.includes(value as string),
});
const OTHERWISE = { otherwise: oneOf("pause", "fail") };

/** Those of an answer; where there was none, or not the wanted one, its error can be read. */
const HTTP_OUTPUTS: readonly (keyof HttpAnswer | keyof HttpError)[] = [
  ...(["status", "headers", "text", "json"] as const),
  ...(["message", "name"] as const),
];

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
      ["slack", "sms", "notify", "webhook", "pagerduty"].map((name) => [
        name,
        { required: ["message"], forms: { deliver: oneOf("now", "outbox") } },
      ]),
    ),
    approval: { required: ["message"], known: ["message", "otherwise"], forms: OTHERWISE, texts: ["message"] },
    prompt: {
      required: ["message"],
      known: ["message", "otherwise", "default", "choices"],
      forms: OTHERWISE,
      texts: ["message", "default", "choices"],
    },
    sleep: { required: ["duration"], forms: { duration: DURATION } },
    http: {
      required: ["url"],
      known: ["url", "method", "headers", "body", "json", "timeout", "maxWait", "accept"],
      forms: { url: URL_TEXT, timeout: DURATION, maxWait: DURATION },
      texts: ["url", "headers", "body"],
      outputs: HTTP_OUTPUTS,
    },
  },
  handlers: Object.fromEntries(Object.entries(NOTIFIERS).map(([name, make]) => [name, () => Promise.resolve(make)])),
  importModule: async (path, from) => {
    const { importModule, importPackage } = await import("../load/import-module.ts");
    return isAbsolute(path) ? importModule(path) : importPackage(path, from);
  },
};
