import { expect, test } from "vitest";
import { flow } from "../../src/authoring/define-flow.ts";
import type { NotifyRequest } from "../../src/model/notification.ts";
import type { Task, TaskContext } from "../../src/model/task.ts";
import { triggers } from "../../src/model/triggers.ts";
import { EmailTask } from "../../src/tasks/email-task.ts";
import { notifyTask } from "../../src/tasks/notify-task.ts";
import { pagerdutyTask } from "../../src/tasks/pagerduty-task.ts";
import { SlackTask, slackTask } from "../../src/tasks/slack-task.ts";
import { SmsTask, TwilioTask, smsTask } from "../../src/tasks/sms-task.ts";
import { webhookTask } from "../../src/tasks/webhook-task.ts";

function recording() {
  const requests: NotifyRequest[] = [];
  const context = {
    notify: (request: NotifyRequest) => {
      requests.push(request);
      return Promise.resolve({ ids: [], outcome: "delivered" as const });
    },
    sourceOf: () => "get-value",
  } as unknown as TaskContext;
  return { requests, context };
}

test("slack goes to the webhook behind SLACK_WEBHOOK_URL, and says so before the run", async () => {
  const { requests, context } = recording();
  expect(await new SlackTask().run({ message: "hi" }, context)).toBeNull();
  expect(requests).toEqual([
    { to: { type: "slack", url: { secret: "SLACK_WEBHOOK_URL" } }, message: { kind: "text", text: "hi" } },
  ]);
  expect(new SlackTask().secretsFor({})).toEqual(["SLACK_WEBHOOK_URL"]);
  expect(new SlackTask({ webhookSecret: "OTHER" }).secretsFor({})).toEqual(["OTHER"]);
  const url = { secret: "AS_IN_CONFIG" };
  await new SlackTask({ webhookUrl: url }).run({ message: "hi" }, context);
  expect(requests[1]).toEqual({ to: { type: "slack", url }, message: { kind: "text", text: "hi" } });
  expect(webhookTask.secretsFor({ url, headers: { "X-Key": { secret: "KEY" } } }, new Set())).toEqual([
    "AS_IN_CONFIG",
    "KEY",
  ]);
});

test("a webhook URL from upstream stays out of the definition, and no secret is asked for", async () => {
  const { requests, context } = recording();
  await new SlackTask({ message: "hi" }).run({ webhookUrl: "https://example.test/T/s" }, context);
  expect(requests[0]).toMatchObject({
    to: { type: "slack", url: { secret: "webhookUrl" } },
    values: { webhookUrl: "https://example.test/T/s" },
  });
  expect(JSON.stringify(requests[0]!.to)).not.toContain("example.test");
  expect(new SlackTask().secretsFor({}, new Set(["webhookUrl"]))).toEqual([]);
});

test("options of the constructor stand in for inputs, and an explicit null overrides them", async () => {
  const { requests, context } = recording();
  const slack = new SlackTask({ message: "default", deliver: "outbox" });
  await slack.run({}, context);
  await slack.run({ message: "given" }, context);
  expect(requests).toMatchObject([{ message: { text: "default" }, deliver: "outbox" }, { message: { text: "given" } }]);
  await expect(slack.run({ message: null }, context)).rejects.toThrow('"message" is null');
});

test("a named channel takes the place of the task's own destination, and its secrets", async () => {
  const { requests, context } = recording();
  await new SmsTask({ channel: "oncall" }).run({ message: "hi" }, context);
  expect(requests[0]!.to).toBe("oncall");
  expect(new SmsTask({ channel: "oncall" }).secretsFor({})).toEqual([]);
  expect(new SmsTask().channelFor({ channel: "oncall" })).toBe("oncall");
});

test("sms names its account's secrets, and says what is missing", async () => {
  const { requests, context } = recording();
  await new SmsTask({ to: ["+15005550006"], from: "+15005550001" }).run({ message: { text: "hi" } }, context);
  expect(requests[0]).toMatchObject({
    to: { type: "sms", accountSid: { secret: "TWILIO_ACCOUNT_SID" }, authToken: { secret: "TWILIO_AUTH_TOKEN" } },
    message: { kind: "text", text: "hi" },
  });
  await expect(new SmsTask().run({ message: "hi" }, context)).rejects.toThrow('give "to", or a "channel"');
  expect(TwilioTask).toBe(SmsTask);
});

test("a message whose upstream failed names the task that failed", async () => {
  const { requests, context } = recording();
  await new SlackTask().run({ message: new Error("boom") }, context);
  expect(requests[0]!.message).toMatchObject({ text: "get-value failed: boom" });
});

test("mail has Prefect's options: server, kind of TLS, subject, HTML beside text", async () => {
  const { requests, context } = recording();
  const mail = new EmailTask({ emailTo: "a@x.test, b@x.test", subject: "s", smtpType: "STARTTLS" });
  await mail.run({ message: "plain" }, context);
  await mail.run({ msg: "<b>x</b>", smtpType: "INSECURE", smtpServer: "mail.test", emailFrom: "f@x.test" }, context);
  expect(requests).toMatchObject([
    {
      to: {
        type: "email",
        to: ["a@x.test", "b@x.test"],
        port: 587,
        security: "starttls",
        username: { secret: "EMAIL_USERNAME" },
      },
      message: { kind: "text", text: "plain", subject: "s" },
    },
    {
      to: { host: "mail.test", port: 25, security: "none", from: "f@x.test" },
      message: { kind: "payload", payload: { html: "<b>x</b>", subject: "s" } },
    },
  ]);
  expect(Object.keys(requests[1]!.to)).not.toContain("password");
  await expect(mail.run({ message: "x", smtpType: "ssl" as never }, context)).rejects.toThrow(
    "SSL, STARTTLS or INSECURE",
  );
});

test("a notification task in a flow is of its kind, takes only its inputs, and is not skipped with a trigger", () => {
  const built = flow("f", () => {
    slackTask({ message: "a" }, { name: "alert", trigger: triggers.anyFailed });
    smsTask({ message: "b", channel: "oncall" });
    notifyTask({ message: "c" });
    webhookTask({ message: "d" });
    pagerdutyTask({ message: "e" });
  });
  const of = (name: string): Task => built.tasks.find((task) => task.name === name)!;
  expect(built.tasks.map(({ name, kind }) => `${name} ${kind}`)).toEqual([
    "alert notification",
    "sms notification",
    "notify notification",
    "webhook notification",
    "pagerduty notification",
  ]);
  expect(of("alert").skipOnUpstreamSkip).toBe(false);
  expect(of("sms").skipOnUpstreamSkip).toBe(true);
  expect(of("alert").inputNames).toContain("webhookUrl");
  expect(of("webhook").secretsFor!({}, new Set())).toEqual(["WEBHOOK_URL"]);
});

test("an option that is misspelt is told with the inputs that may be meant", () => {
  const helpOf = (options: object): unknown => {
    try {
      new EmailTask(options);
    } catch (error) {
      return (error as { diagnostics: { help?: string }[] }).diagnostics[0]?.help;
    }
    return "nothing is wrong";
  };
  expect(helpOf({ emailToCC: "a@example.com" })).toBe('Did you mean "emailToCc"?');
  expect(helpOf({ smtp_server: "mail.example.com" })).toBe('Did you mean "smtpServer"?');
  expect(helpOf({ recipientsInCopy: "a@example.com" })).toMatch(/^Options are: message, channel, .*emailToCc/);
});
