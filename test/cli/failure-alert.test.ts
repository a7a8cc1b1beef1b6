import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, expect, it } from "vitest";
import { cliHome, type CliHome } from "../rig/cli.ts";
import { startTwilio } from "../rig/emulate.ts";
import { faultyServer, type FaultyServer } from "../rig/faulty-server.ts";

const flows = fileURLToPath(new URL("../../flows/", import.meta.url));

let server: FaultyServer;
let home: CliHome;
let env: Record<string, string>;
beforeEach(async () => {
  server = await faultyServer([{ status: 200, body: "ok" }]);
  home = cliHome();
  env = { FLOWCTL_SECRET_SLACK_WEBHOOK_URL: `${server.url}/services/T0/B0/secretpart0` };
});
afterEach(async () => {
  await home[Symbol.asyncDispose]();
  await server.close();
});

it("tells of a failure by a task, by a notifier on the task and by one on the flow: one message each", async () => {
  const done = await home.run(["--config", "none", "run", `${flows}failure-alert.ts`], { env });
  expect(done.code).toBe(1);
  const bodies = server.requests().map((each) => each.body);
  expect(bodies).toHaveLength(3);
  expect(bodies.filter((body) => body === '{"text":"load failed: the source sent no rows"}')).toHaveLength(1);
  const alerts = bodies.filter((body) => body.includes("attachments"));
  expect(alerts.filter((body) => body.includes("Task failed: load") || body.includes("load"))).toHaveLength(2);
  expect(alerts.filter((body) => body.includes("Flow failed: failure-alert"))).toHaveLength(1);
  // The state that a handler replaced is told by nobody.
  expect(bodies.join("")).not.toContain("nothing to tidy up");
  expect(done.output + home.stateText()).not.toContain("secretpart0");
});

it("posts nothing and shows nothing as failed when all is well", async () => {
  const done = await home.run(["--config", "none", "run", `${flows}failure-alert.ts`, "-p", "fail=false"], { env });
  expect(done.code).toBe(0);
  expect(server.requests()).toEqual([]);
  expect(done.output).not.toMatch(/FAIL|failed|✖/);
  expect(done.output).toContain("not needed");
});

const BRANCH = `
import { flow, slackTask, task, triggers, Skip } from "flowctl";
const skipped = task("skipped", () => { throw new Skip("nothing to do"); });
const bad = task("bad", () => { throw new Error("broken"); });
export default flow("branch", () => {
  slackTask({ message: "alert" }, { upstream: [skipped(), bad()], trigger: triggers.anyFailed, name: "alert" });
});
`;
it("alerts although another branch was skipped", async () => {
  home.write("flow.ts", BRANCH);
  await home.run(["run", "flow.ts"], { env });
  expect(server.requests().map((each) => each.body)).toEqual(['{"text":"alert"}']);
});

const TEN_BELOW = `
import { flow, slackNotifier, task } from "flowctl";
const bad = task("bad", { stateHandlers: [slackNotifier({ onlyStates: ["Failed"] })] }, () => { throw new Error("broken"); });
const next = task("next", { stateHandlers: [slackNotifier({ onlyStates: ["Failed"] })] }, ({ x }: { x: number }) => x);
export default flow("ten", { stateHandlers: [slackNotifier({ onlyStates: ["Failed"] })] }, () => {
  let value: any = bad();
  for (let i = 0; i < 10; i += 1) value = next({ x: value });
});
`;
it("tells of one failure with ten tasks below it once per notifier", async () => {
  home.write("flow.ts", TEN_BELOW);
  await home.run(["run", "flow.ts"], { env });
  // One for the task's notifier and one for the flow's; the ten below only follow from it.
  expect(server.requests()).toHaveLength(2);
});

it("tells the same by SMS, through Twilio's own library", async () => {
  const twilio = await startTwilio();
  try {
    // The example's number is nobody's; the emulated account sends from its own.
    home.write("flow.ts", readFileSync(`${flows}failure-sms.ts`, "utf8").replace("+15005550001", twilio.from));
    const done = await home.run(["run", "flow.ts"], {
      env: {
        FLOWCTL_SECRET_TWILIO_ACCOUNT_SID: twilio.accountSid,
        FLOWCTL_SECRET_TWILIO_AUTH_TOKEN: twilio.authToken,
        FLOWCTL_TWILIO_URL: twilio.url,
      },
    });
    expect(done.code).toBe(1);
    const messages = await twilio.messages();
    expect(messages).toHaveLength(2);
    expect(messages.map((each) => each.body)).toContain("load failed: the source sent no rows");
    expect(messages.every((each) => each.to === "+15005550006")).toBe(true);
    expect(done.output + home.stateText()).not.toContain(twilio.authToken);
  } finally {
    await twilio.close();
  }
});
