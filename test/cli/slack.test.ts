import { afterAll, beforeAll, expect, it } from "vitest";
import { cliHome } from "../rig/cli.ts";
import { startSlack, type EmulatedSlack } from "../rig/emulate.ts";
import { faultyServer } from "../rig/faulty-server.ts";

const FUNCTIONAL = `
import { flow, task, slackTask } from "flowctl";
const getValue = task("get-value", () => "Test SlackTask!");
export default flow("slack-test", () => {
  const value = getValue();
  slackTask({ message: value });
});
`;
const IMPERATIVE = `
import { Flow, Task, SlackTask } from "flowctl";
class GetValue extends Task<{}, string> {
  run() { return "Test SlackTask!"; }
}
const flow = new Flow("slack-test");
const value = new GetValue();
const slack = new SlackTask();
slack.setUpstream(value, { key: "message", flow });
export default flow;
`;
const ALERT = `
import { flow, task, slackTask, triggers } from "flowctl";
const getValue = task("get-value", (): string => { throw new Error("no value today"); });
export default flow("slack-test", () => {
  slackTask({ message: getValue() }, { trigger: triggers.anyFailed });
});
`;

let slack: EmulatedSlack;
beforeAll(async () => {
  slack = await startSlack();
});
afterAll(() => slack.close());

for (const [form, text] of [
  ["functional", FUNCTIONAL],
  ["imperative", IMPERATIVE],
] as const) {
  it(`posts the doc's example once, with that body, in the ${form} form`, async () => {
    await using home = cliHome();
    const server = await faultyServer([{ status: 200, body: "ok" }]);
    try {
      home.write("flow.ts", text);
      const done = await home.run(["run", "flow.ts"], {
        env: { FLOWCTL_SECRET_SLACK_WEBHOOK_URL: `${server.url}/services/T0/B0/secretpart0` },
      });
      expect(done).toMatchObject({ code: 0, stderr: "" });
      expect(server.requests().map((each) => each.body)).toEqual(['{"text":"Test SlackTask!"}']);
      expect(done.output + home.stateText()).not.toContain("secretpart0");
    } finally {
      await server.close();
    }
  });
}

it("is read back from Slack as it was written", async () => {
  await using home = cliHome();
  home.write("flow.ts", FUNCTIONAL);
  const before = (await slack.messages()).length;
  const done = await home.run(["run", "flow.ts"], { env: { FLOWCTL_SECRET_SLACK_WEBHOOK_URL: slack.url } });
  expect(done.code).toBe(0);
  expect((await slack.messages()).slice(before).map((each) => each.text)).toEqual(["Test SlackTask!"]);
});

it("says which task failed when the value of a failed task is the message", async () => {
  await using home = cliHome();
  home.write("flow.ts", ALERT);
  const server = await faultyServer([{ status: 200, body: "ok" }]);
  try {
    const done = await home.run(["run", "flow.ts"], {
      env: { FLOWCTL_SECRET_SLACK_WEBHOOK_URL: `${server.url}/services/T0/B0/secretpart0` },
    });
    expect(done.code).toBe(1);
    expect(server.requests().map((each) => each.body)).toEqual(['{"text":"get-value failed: no value today"}']);
  } finally {
    await server.close();
  }
});

it("fails the task when Slack says 404, and lets the other tasks decide the run", async () => {
  await using home = cliHome();
  home.write("flow.ts", FUNCTIONAL);
  const server = await faultyServer([{ status: 404, body: "no_service" }]);
  try {
    const done = await home.run(["run", "flow.ts"], {
      env: { FLOWCTL_SECRET_SLACK_WEBHOOK_URL: `${server.url}/services/T0/B0/secretpart0` },
    });
    expect(done.stdout).toContain("FAIL    slack");
    // Decision 6: a notification task is not a reference task; get-value succeeded.
    expect(done.code).toBe(0);
    expect(server.requests()).toHaveLength(1);
    expect(done.output + home.stateText()).not.toContain("secretpart0");
  } finally {
    await server.close();
  }
});

it("fails the run when Slack says 404 and the flow is nothing but the notification", async () => {
  await using home = cliHome();
  home.write(
    "flow.ts",
    `import { flow, slackTask } from "flowctl"; export default flow("only", () => { slackTask({ message: "hi" }); });`,
  );
  const server = await faultyServer([{ status: 404, body: "no_service" }]);
  try {
    const done = await home.run(["run", "flow.ts"], {
      env: { FLOWCTL_SECRET_SLACK_WEBHOOK_URL: `${server.url}/services/T0/B0/secretpart0` },
    });
    expect(done.code).toBe(1);
  } finally {
    await server.close();
  }
});

it("names a missing secret, who needs it, where it was looked for and what to type, before any task has run", async () => {
  await using home = cliHome();
  home.write(
    "flow.ts",
    FUNCTIONAL.replace('() => "Test', '() => (console.log("ran"), "Test').replace('Task!")', 'Task!"))'),
  );
  const done = await home.run(["run", "flow.ts"]);
  expect(done.code).toBe(3);
  expect(done.stderr).toContain("SLACK_WEBHOOK_URL");
  expect(done.stderr).toMatch(/task "slack/);
  expect(done.stderr).toContain("FLOWCTL_SECRET_SLACK_WEBHOOK_URL");
  expect(done.stderr).toContain("flowctl secrets set SLACK_WEBHOOK_URL");
  expect(done.stdout).not.toContain("start");
});
