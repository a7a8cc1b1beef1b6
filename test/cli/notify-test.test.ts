import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { CHANNEL_TYPES } from "../../src/channels/index.ts";
import { cliHome, type CliHome } from "../rig/cli.ts";
import { faultyServer } from "../rig/faulty-server.ts";
import { startMailDev } from "../rig/smtp.ts";

const CONFIG = `
channels:
  slack: { type: slack, url: { secret: SLACK_URL } }
  email: { type: email, smtp: { secret: SMTP_URL }, from: "flowctl@example.com", to: [ops@example.com] }
  sms: { type: sms, accountSid: { secret: SID }, authToken: { secret: TOKEN }, from: "+15551234567", to: ["+15550001111"] }
  webhook: { type: webhook, url: { secret: HOOK_URL } }
  pagerduty: { type: pagerduty, routingKey: { secret: PD_KEY }, url: { secret: PD_URL } }
  teams: { type: teams, url: { secret: TEAMS_URL } }
  discord: { type: discord, url: { secret: DISCORD_URL } }
  ntfy: { type: ntfy, url: { secret: NTFY_URL } }
  deadman: { type: deadman, url: { secret: HC_URL } }
  command: { type: command, run: "cat > told.json" }
hooks:
  - { name: failures, states: [Failed], to: [webhook, inbox], message: "\${{ flow.name }} is down: \${{ run.failed }}" }
  - { name: late, events: [slow], slowAfter: 10m, to: inbox }
  - { name: gone, states: [Crashed], to: inbox }
`;
function project(): CliHome {
  const home = cliHome();
  home.write("flowctl.config.yaml", CONFIG);
  return home;
}

it("previews a message at every type of channel, with the names of secrets and without their values", async () => {
  await using home = project();
  const done = await home.run(["notify", "preview", "--all"], { env: { FLOWCTL_SECRET_PD_KEY: "s3cretvalue" } });
  expect(done).toMatchObject({ code: 0, stderr: "" });
  for (const type of CHANNEL_TYPES) expect(done.stdout).toContain(`--- ${type}\n`);
  expect(done.stdout).toContain('"routing_key": "(secret PD_KEY)"');
  expect(done.stdout).not.toContain("s3cretvalue");
  // No channel leaves the alert out.
  const previews = done.stdout.split(/^--- /m).slice(1);
  for (const each of previews) expect(each).toMatch(/load.*connect ECONNREFUSED/);
});

it("tests a hook: its channels get its words, of what it tells of first", async () => {
  await using home = project();
  const server = await faultyServer([{ status: 204 }]);
  try {
    const env = { FLOWCTL_SECRET_HOOK_URL: `${server.url}/x` };
    const done = await home.run(["notify", "test", "failures", "late", "gone"], { env });
    expect(done).toMatchObject({
      code: 0,
      stdout: "✔ webhook  accepted by the service\n" + "✔ inbox  accepted by the service\n".repeat(3),
    });
    expect(server.requests()[0]?.body).toContain("test-of-notifications is down: load");
    const inbox = (await home.run(["inbox"])).stdout;
    for (const title of ["Flow failed", "Flow slow", "Flow crashed"])
      expect(inbox).toContain(`${title}: test-of-notifications`);
    expect(inbox).not.toContain("Running → Running");
    await home.run(["notify", "test", "--hook", "gone", "--event", "stillFailing"]);
    expect((await home.run(["inbox"])).stdout).toContain("Flow still failing");
  } finally {
    await server.close();
  }
});

it("says that a test has opened an incident, and the command that closes it", async () => {
  await using home = project();
  const server = await faultyServer([{ status: 202, body: "{}" }]);
  try {
    const env = { FLOWCTL_SECRET_PD_KEY: "s3cretvalue", FLOWCTL_SECRET_PD_URL: server.url };
    const opened = await home.run(["notify", "test", "pagerduty"], { env });
    const [verdict, said = ""] = opened.stdout.split("\n");
    expect(verdict).toBe("✔ pagerduty  accepted by the service");
    const command = /^ {2}this has opened an incident; close it with: flowctl (.*)$/.exec(said)?.[1] ?? "";
    const closed = await home.run(command.split(" "), { env });
    expect(closed.stdout).toBe("✔ pagerduty  accepted by the service\n");
    const events = server.requests().map(({ body }) => JSON.parse(body) as { event_action: string; dedup_key: string });
    expect(events.map(({ event_action: action }) => action)).toEqual(["trigger", "resolve"]);
    expect(new Set(events.map(({ dedup_key: key }) => key)).size).toBe(1);
  } finally {
    await server.close();
  }
});

it.each(["timedOut", "recovered", "refused"])("previews the event %s", async (event) => {
  await using home = cliHome();
  const done = await home.run(["notify", "preview", "inbox", "--event", event]);
  expect(done.code).toBe(0);
  expect(done.stdout.split("\n")[0]).toMatch(/^Flow [a-z ]+: test-of-notifications$/);
});

it("runs a command channel with the message on its standard input", async () => {
  await using home = project();
  expect((await home.run(["notify", "test", "command"])).code).toBe(0);
  expect(JSON.parse(readFileSync(join(home.directory, "told.json"), "utf8"))).toMatchObject({
    title: "Flow failed: test-of-notifications",
    attempt: 1,
  });
});

it("sends a dead man's switch a note, as it would take the test of a failure for one", async () => {
  await using home = project();
  const server = await faultyServer([{ status: 200, body: "OK" }]);
  try {
    const env = { FLOWCTL_SECRET_HC_URL: `${server.url}/uuid` };
    expect((await home.run(["notify", "test", "deadman"], { env })).code).toBe(0);
    expect((await home.run(["notify", "test", "deadman", "--event", "success"], { env })).code).toBe(0);
    expect(server.requests().map(({ path }) => path.split("?")[0])).toEqual(["/uuid/log", "/uuid"]);
  } finally {
    await server.close();
  }
});

it.each([
  [["notify", "test"], "which channel or hook?", "name one, or say --all; channels: inbox, slack, email"],
  [["notify", "test", "falures"], 'there is no channel or hook "falures"', 'did you mean "failures"?'],
  [["notify", "preview", "inbox", "--event", "slwo"], "--event takes failed,", 'did you mean "slow"?'],
  [["notify", "list", "--state", "snet"], "--state takes waiting, held, sent, dead or suppressed", ""],
  [["notify", "show", "n_nothing"], 'no message has an id that starts with "n_nothing"', "flowctl notify list"],
  [["notify", "tets"], 'there is no command "notify tets"', 'did you mean "flowctl notify test"?'],
])("%j is refused in one sentence, with what to type", async (args, message, help) => {
  await using home = project();
  const done = await home.run(args);
  expect(done).toMatchObject({ code: 2, stdout: "" });
  expect(done.stderr).toContain(message);
  expect(done.stderr).toContain(help);
});

it("finds a message by the start of its id, and says what was meant where it is mistyped", async () => {
  await using home = cliHome();
  await home.run(["notify", "test", "inbox"]);
  await home.run(["notify", "test", "inbox"]);
  const [id = ""] = (await home.run(["notify", "list", "--state", "sent"])).stdout.split("\t");
  expect((await home.run(["notify", "show", id.slice(0, 10)])).stdout).toContain(id);
  const typo = await home.run(["notify", "show", `${id.slice(0, 8)}_${id.slice(9)}`]);
  expect(typo.stderr).toContain(`did you mean "${id}"?`);
  const several = await home.run(["notify", "show", "n_"]);
  expect(several).toMatchObject({ code: 2 });
  expect(several.stderr).toContain('2 messages have an id that starts with "n_"');
});

it("sends to an address that is a secret, and shows its name only", async () => {
  await using home = cliHome();
  const maildev = await startMailDev();
  try {
    home.write(
      "flowctl.config.yaml",
      `channels: { me: { type: email, host: 127.0.0.1, port: ${String(maildev.smtpPort)}, security: none, from: "a@x.test", to: { secret: ME } } }\n`,
    );
    const done = await home.run(["notify", "test", "me"], { env: { FLOWCTL_SECRET_ME: "hidden@x.test" } });
    expect(done).toMatchObject({ code: 0, stdout: "✔ me → (secret ME)  accepted by the service\n" });
    const [mail] = await maildev.mails();
    expect(mail?.envelope.to.map(({ address }) => address)).toEqual(["hidden@x.test"]);
    expect(done.output + home.stateText()).not.toContain("hidden@x.test");
  } finally {
    await maildev.close();
  }
});
