import { mkdirSync } from "node:fs";
import { expect, it } from "vitest";
import { slack } from "../../src/channels/slack.ts";
import { systemClock } from "../../src/host/clock.ts";
import { systemFiles } from "../../src/host/files.ts";
import { createOutbox, type Outbox } from "../../src/outbox/outbox.ts";
import { ENVIRONMENT, newItem } from "../outbox/outbox-rig.ts";
import { cliHome, type CliHome } from "../rig/cli.ts";
import { faultyServer } from "../rig/faulty-server.ts";

const FAILING = `
import { flow, task } from "flowctl";
const load = task("load", () => { throw new Error("no rows"); });
export default flow("nightly", () => { load(); });
`;
const CONFIG = (to: string): string => `
channels:
  team: { type: webhook, url: { secret: TEAM_URL } }
hooks:
  - { name: failures, match: { flows: ["nightly*"] }, states: [Failed], notifyOn: always, to: [${to}] }
`;

function project(to = "team"): CliHome {
  const home = cliHome();
  home.write("nightly.ts", FAILING);
  home.write("flowctl.config.yaml", CONFIG(to));
  return home;
}

it("keeps what a service did not take, lists it with its reason, and sends it with retry", async () => {
  await using home = project();
  const server = await faultyServer([{ status: 404, body: "no" }, { status: 204 }]);
  const env = { FLOWCTL_SECRET_TEAM_URL: `${server.url}/hook/secretpart0` };
  try {
    const run = await home.run(["run", "nightly.ts"], { env });
    expect(run.code).toBe(1);
    expect(run.output).toMatch(/notifications: 1 held \(team: .*\): flowctl notify list/);
    const list = await home.run(["notify", "list"], { env });
    expect(list.stdout.split("\t").slice(1, 4)).toEqual(["held", "team", "nightly"]);
    const id = list.stdout.split("\t")[0]!;
    const show = await home.run(["notify", "show", id.slice(0, 12)], { env });
    expect(show.stdout).toContain("permanent");
    expect(show.stdout).toContain("  Flow failed: nightly\n  load: no rows\n  State: Running → Failed\n");
    const retry = await home.run(["notify", "retry", id], { env });
    expect(retry).toMatchObject({ code: 0, stderr: "notifications: 1 sent\n" });
    expect(server.requests()).toHaveLength(2);
    expect((await home.run(["notify", "list"], { env })).stdout).toBe("");
    expect(run.output + list.output + show.output + home.stateText()).not.toContain("secretpart0");
  } finally {
    await server.close();
  }
});

it("holds a message whose secret is missing, with the command that sets it; the next run that has it sends both", async () => {
  await using home = project();
  const server = await faultyServer([{ status: 204 }, { status: 204 }]);
  try {
    const first = await home.run(["run", "nightly.ts"]);
    expect(first.code).toBe(1);
    expect(first.output).toContain("flowctl secrets set TEAM_URL");
    const early = await home.run(["notify", "retry", "--all"]);
    expect([early.code, early.stderr.split("\n")]).toEqual([
      4,
      [
        "notifications: 1 held (team: The secret TEAM_URL was not found): flowctl notify list",
        "  fix: flowctl secrets set TEAM_URL",
        "",
      ],
    ]);
    expect((await home.run(["notify", "list"])).stdout).toContain("held");
    const env = { FLOWCTL_SECRET_TEAM_URL: `${server.url}/hook` };
    await home.run(["notify", "flush"], { env });
    expect(server.requests()).toHaveLength(1);
    await home.run(["run", "nightly.ts"], { env });
    expect(server.requests()).toHaveLength(2);
  } finally {
    await server.close();
  }
});

it("flush sends what waits within its deadline, and --strict tells when something is left", async () => {
  await using home = project();
  let isUp = false;
  const server = await faultyServer(() => ({ status: isUp ? 204 : 503 }));
  const env = { FLOWCTL_SECRET_TEAM_URL: `${server.url}/hook` };
  try {
    home.write("flowctl.config.yaml", `${CONFIG("team")}delivery: { waitAtEnd: 1ms }\n`);
    const run = await home.run(["run", "nightly.ts"], { env });
    expect(run.output).toContain("1 waiting");
    expect((await home.run(["notify", "flush", "--deadline", "10ms", "--strict"], { env })).code).toBe(4);
    isUp = true;
    expect((await home.run(["notify", "retry", "--all"], { env })).code).toBe(0);
    expect(await home.run(["notify", "flush", "--strict"], { env })).toMatchObject({
      code: 0,
      stderr: "notifications: nothing to send\n",
    });
  } finally {
    await server.close();
  }
});

it("tests a channel for real: exit 0 and a marked message when it is taken, 4 and the reason when it is not", async () => {
  await using home = project();
  const server = await faultyServer([{ status: 204 }, { status: 401 }]);
  const env = { FLOWCTL_SECRET_TEAM_URL: `${server.url}/hook` };
  try {
    expect(await home.run(["notify", "test", "team"], { env })).toMatchObject({
      code: 0,
      stdout: "✔ team  accepted by the service\n",
    });
    expect(server.requests()[0]!.body).toContain("This is a test");
    const refused = await home.run(["notify", "test", "team"], { env });
    expect(refused.code).toBe(4);
    expect(refused.stdout).toMatch(/^✖ team {2}not accepted: /);
    expect((await home.run(["notify", "list"], { env })).stdout).toBe("");
    expect(await home.run(["notify", "test", "taem"], { env })).toMatchObject({ code: 2 });
  } finally {
    await server.close();
  }
});

it("delivers to the inbox on a machine with no account, and shows it", async () => {
  await using home = project("inbox");
  const run = await home.run(["run", "nightly.ts"]);
  expect(run.output).toContain("notifications: 1 sent");
  const inbox = await home.run(["inbox"]);
  expect(inbox.stdout).toContain("Flow failed: nightly");
  expect(inbox.stdout).toContain("load: no rows");
  await home.run(["inbox", "--clear"]);
  expect((await home.run(["inbox"])).stdout).toBe("");
});

it("gives messages up only when told so", async () => {
  await using home = project();
  await home.run(["run", "nightly.ts"]);
  const asked = await home.run(["notify", "drop"]);
  expect([asked.code, asked.stderr]).toEqual([2, expect.stringContaining("help: flowctl notify drop --yes")]);
  expect((await home.run(["notify", "drop", "--all"])).stderr).toContain("help: flowctl notify drop --all --yes");
  expect((await home.run(["notify", "drop", "--all", "--yes"])).stderr).toBe("gave up 1 message\n");
  expect((await home.run(["notify", "list", "--state", "dead"])).stdout).toContain("given up by hand");
});

it("lists, retries and drops the messages of its own project, and those of all projects with --all", async () => {
  await using one = project();
  await using two = project();
  const server = await faultyServer(() => ({ status: 204 }));
  const shared = { FLOWCTL_STATE_DIR: one.state };
  const both = { ...shared, FLOWCTL_SECRET_TEAM_URL: `${server.url}/hook` };
  const ids = async (home: typeof one, ...words: readonly string[]): Promise<readonly string[]> => {
    const { stdout } = await home.run(["notify", "list", "--json", ...words], { env: shared });
    return (JSON.parse(stdout) as { id: string }[]).map(({ id }) => id);
  };
  try {
    await one.run(["run", "nightly.ts"], { env: shared });
    await two.run(["run", "nightly.ts"], { env: shared });
    const [first, second] = [await ids(one), await ids(two)];
    expect([first.length, second.length]).toEqual([1, 1]);
    expect(first).not.toEqual(second);
    expect(new Set(await ids(two, "--all"))).toEqual(new Set([...first, ...second]));
    const listed = await two.run(["notify", "list"], { env: shared });
    expect(listed.stderr).toBe("1 message of other projects: flowctl notify list --all\n");

    expect(await two.run(["notify", "retry"], { env: both })).toMatchObject({
      code: 0,
      stderr: "notifications: 1 sent\n",
    });
    expect([await ids(one), await ids(two)]).toEqual([first, []]);
    await two.run(["notify", "drop", "--yes"], { env: shared });
    expect(await ids(one)).toEqual(first);
    expect((await two.run(["notify", "drop", "--all", "--yes"], { env: shared })).stderr).toBe("gave up 1 message\n");
    expect(await ids(one, "--state", "dead")).toEqual(first);
  } finally {
    await server.close();
  }
});

it("keeps two projects with equal channel names apart that share one state directory", async () => {
  await using one = project();
  await using two = project();
  const first = await faultyServer([{ status: 503 }, { status: 204 }]);
  const second = await faultyServer([{ status: 503 }, { status: 204 }]);
  const shared = { FLOWCTL_STATE_DIR: one.state };
  try {
    for (const [home, server] of [
      [one, first],
      [two, second],
    ] as const) {
      home.write("url.ts", `export default "${server.url}/hook";`);
      home.write(
        "flowctl.config.ts",
        `export default {
          channels: { team: { type: "webhook", url: "${server.url}/hook" } },
          hooks: [{ name: "failures", states: ["Failed"], to: ["team"] }],
          delivery: { waitAtEnd: "1ms" },
        };`,
      );
      await home.run(["run", "nightly.ts", "--config", "flowctl.config.ts"], { env: shared });
    }
    await one.run(["notify", "retry", "--all", "--config", "flowctl.config.ts"], { env: shared });
    for (const server of [first, second]) {
      const ids = server.requests().map(({ headers }) => headers["webhook-id"]);
      expect(ids.length).toBeGreaterThanOrEqual(1);
      expect(new Set(ids).size).toBe(1);
    }
    const all = [first, second].flatMap((server) => server.requests().map(({ headers }) => headers["webhook-id"]));
    expect(new Set(all).size).toBe(2);
  } finally {
    await first.close();
    await second.close();
  }
});

it("leaves what waits to one process of its own, which sends it and ends", async () => {
  await using home = project();
  const server = await faultyServer([{ status: 503 }, { status: 204 }]);
  const env = { FLOWCTL_SECRET_TEAM_URL: `${server.url}/hook`, FLOWCTL_BACKGROUND: undefined };
  try {
    home.write("flowctl.config.yaml", `${CONFIG("team")}delivery: { waitAtEnd: 1ms }\n`);
    expect((await home.run(["run", "nightly.ts"], { env })).output).toContain("1 waiting");
    const requests = await server.arrived(2);
    expect(new Set(requests.map(({ headers }) => headers["webhook-id"])).size).toBe(1);
    // It goes on until nothing waits: this waits for its lock on the channel.
    await home.run(["notify", "flush", "--strict"], { env });
    expect((await home.run(["notify", "list", "--state", "sent"], { env })).stdout).toContain("nightly");
  } finally {
    await server.close();
  }
});

/** The outbox of a home, as a process of some time ago left it. */
function outboxOf(home: CliHome, agoMs: number): Outbox {
  mkdirSync(home.state, { mode: 0o700, recursive: true });
  const now = Date.now() - agoMs;
  return createOutbox({
    files: systemFiles(),
    clock: { ...systemClock(), now: () => now },
    random: () => 0.5,
    directory: home.state,
    environment: ENVIRONMENT,
    channel: () => Promise.resolve(slack),
    values: () => Promise.resolve({}),
    redact: (text) => text,
  });
}

it("says in the next run's last lines, once, what a process of its own has given up", async () => {
  await using home = project("inbox");
  const definition = { type: "slack", url: "http://127.0.0.1:9/hook" };
  const hour = 3_600_000;
  const ids = outboxOf(home, 80 * hour).enqueue(newItem({ definition }));
  // It is given up an hour after its first attempt that came too late.
  await outboxOf(home, 2 * hour).deliver({ ids, deadlineMs: 1000 });
  expect(await home.run(["notify", "flush", "--background"])).toMatchObject({ code: 0 });
  const said =
    "given up since the last run: 1 message (team: not delivered in time; the last attempt said: the connection was refused): flowctl notify list --state dead";
  expect((await home.run(["run", "nightly.ts"])).output).toContain(said);
  expect((await home.run(["run", "nightly.ts"])).output).not.toContain("given up");
});

it("tells in one digest what an outage has held up, and sends it with notify flush", async () => {
  await using home = project();
  const server = await faultyServer([
    { status: 503, body: "down" },
    { status: 200, body: "ok" },
  ]);
  try {
    const definition = { type: "slack", url: `${server.url}/hook` };
    // What runs of twenty minutes ago have left.
    const outbox = outboxOf(home, 20 * 60_000);
    for (let i = 0; i < 6; i += 1)
      outbox.enqueue(newItem({ runId: `r${i}`, definition, message: { kind: "text", text: `run ${i} failed` } }));
    const { outcomes } = await outbox.deliver({ deadlineMs: 1900 });
    expect(outcomes[1]?.note).toBe("behind a message that was not taken (HTTP_503)");
    expect(outbox.list("new").map(({ item }) => item.attempts.length)).toEqual([1, 0, 0, 0, 0, 0]);
    expect(await home.run(["notify", "flush"])).toMatchObject({ code: 0, stderr: "notifications: 6 sent\n" });
    const [first, digest, ...more] = server.requests().map(({ body }) => (JSON.parse(body) as { text: string }).text);
    expect([first, more]).toEqual(["run 0 failed", []]);
    expect(digest).toContain('6 late messages about flow "nightly"');
    for (let i = 0; i < 6; i += 1) expect(digest).toContain(`run ${i} failed`);
  } finally {
    await server.close();
  }
});

it("tells by a channel's fallback what a task asks for, whether the task waits for it or not", async () => {
  await using home = cliHome();
  const server = await faultyServer([{ status: 404, body: "no" }]);
  const env = { FLOWCTL_SECRET_TEAM_URL: `${server.url}/hook` };
  home.write(
    "flowctl.config.yaml",
    "channels:\n  team: { type: webhook, url: { secret: TEAM_URL }, fallback: inbox }\n",
  );
  home.write(
    "told.yaml",
    `
tasks:
  waits: { uses: notify, with: { channel: team, message: it waits } }
  leaves: { uses: notify, with: { channel: team, message: it leaves, deliver: outbox } }
`,
  );
  try {
    const run = await home.run(["run", "told.yaml"], { env });
    expect(run.code).toBe(0);
    expect(run.output).toMatch(/notifications: 2 sent, 2 held \(team: HTTP 404\): flowctl notify list/);
    const inbox = await home.run(["inbox"]);
    expect(inbox.stdout).toContain("it waits");
    expect(inbox.stdout).toContain("it leaves");
  } finally {
    await server.close();
  }
});

it("retries what was held by the channel as it is by now: its URL was mended in the config", async () => {
  await using home = project();
  const server = await faultyServer([{ status: 404, body: "no" }, { status: 204 }]);
  const configured = (path: string): string => CONFIG("team").replace("{ secret: TEAM_URL }", `${server.url}/${path}`);
  try {
    home.write("flowctl.config.yaml", configured("removed"));
    expect((await home.run(["run", "nightly.ts"])).output).toContain("1 held");
    home.write("flowctl.config.yaml", configured("made-anew"));
    expect(await home.run(["notify", "retry", "--all"])).toMatchObject({ code: 0, stderr: "notifications: 1 sent\n" });
    expect(server.requests().map(({ path }) => path)).toEqual(["/removed", "/made-anew"]);
    expect(new Set(server.requests().map(({ headers }) => headers["webhook-id"])).size).toBe(1);
  } finally {
    await server.close();
  }
});

it("names in its list the recipient that a message did not reach", async () => {
  await using home = project("mail");
  const mail = { type: "email", from: "a@example.com", to: ["b@example.com"], smtp: { secret: "NOWHERE" } };
  home.write("flowctl.config.json", JSON.stringify({ channels: { mail }, hooks: [{ name: "h", to: "mail" }] }));
  await home.run(["run", "nightly.ts", "--config", "flowctl.config.json"]);
  const list = await home.run(["notify", "list", "--config", "flowctl.config.json"]);
  expect(list.stdout.split("\t").slice(1, 3)).toEqual(["held", "mail → b@example.com"]);
});

it("says of a channel that there is none of its name, whichever command asks for its messages", async () => {
  await using home = cliHome();
  home.write("flowctl.config.yaml", CONFIG("team"));
  for (const verb of ["list", "retry", "drop"]) {
    const { code, stderr } = await home.run(["notify", verb, "--channel", "taem"]);
    expect([code, stderr]).toEqual([2, expect.stringContaining('there is no channel "taem"')]);
    expect(stderr).toContain('did you mean "team"?');
  }
  const hook = await home.run(["notify", "list", "--channel", "failures"]);
  expect([hook.code, hook.stderr]).toEqual([2, expect.stringContaining('there is no channel "failures"')]);
  // A task of the library names no channel: its messages are found by their service.
  for (const name of ["team", "webhook", "slack"])
    expect(await home.run(["notify", "list", "--channel", name])).toMatchObject({ code: 0 });
});
