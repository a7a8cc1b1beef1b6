import { expect, test } from "vitest";
import {
  callbackFactory,
  emailNotifier,
  gmailNotifier,
  NOTIFIERS,
  slackNotifier,
  smsNotifier,
  webhookNotifier,
} from "../../src/authoring/notifiers.ts";
import type { NotifyRequest } from "../../src/model/notification.ts";
import { isNotifier } from "../../src/model/notifier.ts";
import { state } from "../../src/model/state.ts";
import type { HandlerContext } from "../../src/model/task.ts";

test("a notifier is data that names secrets and holds none", () => {
  const notifier = slackNotifier({ onlyStates: ["Failed"], webhookSecret: "TEAM_URL" });
  expect(isNotifier(notifier)).toBe(true);
  expect(notifier).toMatchObject({ to: { type: "slack", url: { secret: "TEAM_URL" } }, onlyStates: ["Failed"] });
  expect(slackNotifier().to).toEqual({ type: "slack", url: { secret: "SLACK_WEBHOOK_URL" } });
});

test("each notifier goes to its own service, or to a channel by name", () => {
  expect(smsNotifier({ to: "+15005550006", from: "+15005550001" }).to).toMatchObject({
    type: "sms",
    accountSid: { secret: "TWILIO_ACCOUNT_SID" },
  });
  expect(emailNotifier({ to: "a@x.test" }).to).toMatchObject({
    type: "email",
    host: "smtp.gmail.com",
    from: { secret: "EMAIL_USERNAME" },
  });
  // By itself it goes to the account's own address, as in Prefect.
  expect(gmailNotifier().to).toMatchObject({
    host: "smtp.gmail.com",
    port: 465,
    to: { secret: "EMAIL_USERNAME" },
    password: { secret: "EMAIL_PASSWORD" },
  });
  expect(gmailNotifier({ to: "a@x.test" }).to).toEqual(emailNotifier({ to: "a@x.test" }).to);
  expect(webhookNotifier({ signingSecret: "S" }).to).toEqual({
    type: "webhook",
    url: { secret: "WEBHOOK_URL" },
    secret: { secret: "S" },
  });
  const proxies = { https: "http://proxy:3128" };
  expect(slackNotifier({ proxies }).to).toMatchObject({ type: "slack", proxies });
  expect(smsNotifier({ channel: "oncall" }).to).toBe("oncall");
  expect(Object.keys(NOTIFIERS)).toContain("slackNotifier");
});

test.each([
  [
    () => slackNotifier({ onlyState: ["Failed"] } as never),
    'slackNotifier has no option "onlyState".',
    'Did you mean "onlyStates"?',
  ],
  [
    () => slackNotifier({ onlyStates: ["Faild"] as never }),
    'there is no state "Faild" (in "onlyStates").',
    'Did you mean "Failed"?',
  ],
  [
    () => slackNotifier({ backend_info: false } as never),
    'has no option "backend_info"',
    "There is no backend to link to",
  ],
  [() => slackNotifier({ onlyStates: "Failed" as never }), '"onlyStates" must be a list of states.', '["Failed"]'],
  [() => smsNotifier({}), 'smsNotifier needs "to".', 'channel: "…"'],
])("a wrong option is told at once, with what is right (%#)", (make, message, help) => {
  expect(make).toThrow(message);
  expect(make).toThrow(
    expect.objectContaining({
      diagnostics: [expect.objectContaining({ help: expect.stringContaining(help) as string })],
    }) as Error,
  );
});

function context(notify: HandlerContext["notify"]): HandlerContext {
  const more = { params: {}, logger: {} as never, secret: () => Promise.reject(new Error()) };
  return { runId: "r1", flowName: "f", taskName: "load[3]", mapIndex: 3, attempt: 2, notify, ...more };
}

test("strict: the message is waited for, and one that is not taken fails what it speaks of", async () => {
  const requests: NotifyRequest[] = [];
  const strict = slackNotifier({ onlyStates: ["Failed"], strict: true });
  const take = context((request) => {
    requests.push(request);
    return Promise.resolve({ ids: [], outcome: "delivered" });
  });
  const failed = state("Failed", { message: "no rows" });
  expect(await strict({}, state("Running"), failed, take)).toBe(failed);
  expect(requests).toMatchObject([
    { message: { kind: "alert", alert: { task: "load", mapIndex: 3, to: "Failed", summary: "no rows", attempt: 2 } } },
  ]);
  const refuse = context(() => Promise.reject(new Error("not delivered")));
  await expect(strict({}, state("Running"), failed, refuse)).rejects.toThrow("not delivered");
});

test("strict: the filter comes first, so a state that is not told needs no channel at all", async () => {
  const strict = slackNotifier({ onlyStates: ["Failed"], strict: true });
  const running = state("Running");
  const never = context(() => Promise.reject(new Error("asked")));
  expect(await strict({}, state("Pending"), running, never)).toBe(running);
});

test("callbackFactory calls where its check answers exactly true, and never replaces the state", async () => {
  const seen: unknown[] = [];
  const done = state("Success");
  const handler = callbackFactory(
    (subject, to) => seen.push([subject, to.type]),
    (to) => to.type === "Success",
  );
  expect(await handler("subject", state("Running"), done)).toBe(done);
  expect(await handler("subject", state("Pending"), state("Running"))).toMatchObject({ type: "Running" });
  await callbackFactory(() => seen.push("truthy"), (() => 1) as never)("s", done, done);
  expect(seen).toEqual([["subject", "Success"]]);
});
