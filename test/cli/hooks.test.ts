import { chmodSync, mkdirSync, readFileSync, symlinkSync } from "node:fs";
import { dirname, join } from "node:path";
import { Webhook } from "svix";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { BIN, cliHome, type CliHome } from "../rig/cli.ts";
import { faultyServer, type FaultyServer } from "../rig/faulty-server.ts";

const FAILING = `
import { flow, task } from "flowctl";
const load = task("load", () => { throw new Error("no rows"); });
export default flow("nightly", () => { load(); });
`;
const CHANNEL = { type: "slack", url: { secret: "SLACK_WEBHOOK_URL" } };
const CONFIG = { channels: { team: CHANNEL }, hooks: [{ name: "failures", states: ["Failed"], to: ["team"] }] };
const YAML = `
channels:
  team: { type: slack, url: { secret: SLACK_WEBHOOK_URL } }
hooks:
  - { name: failures, match: { flows: ["night*"] }, states: [Failed], to: [team] }
`;

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

/** What was posted, each as one text. */
function posts(): readonly string[] {
  return server.requests().map((each) => each.body);
}

describe("a failing flow that knows nothing of notifications is reported", () => {
  const forms: Readonly<Record<string, string>> = {
    "flowctl.config.yaml": YAML,
    "flowctl.config.json": JSON.stringify(CONFIG),
    "flowctl.config.js": `module.exports = ${JSON.stringify(CONFIG)};`,
    "flowctl.config.ts": `const config: object = ${JSON.stringify(CONFIG)}; export default config;`,
    "package.json": JSON.stringify({ name: "theirs", flowctl: CONFIG }),
  };
  for (const [file, text] of Object.entries(forms)) {
    it(`by ${file}`, async () => {
      home.write(file, text);
      home.write("flow.ts", FAILING);
      const done = await home.run(["run", "flow.ts"], { env });
      expect(done.code).toBe(1);
      expect(done.stdout.split("\n")[0]).toContain(file);
      expect(posts()).toHaveLength(1);
      expect(posts()[0]).toContain("nightly");
      expect(posts()[0]).toContain("no rows");
      expect(done.output + home.stateText()).not.toContain("secretpart0");
    });
  }

  it("from cron's directory and cron's environment", async () => {
    home.write("flowctl.config.yaml", YAML);
    const flow = home.write("flows/flow.ts", FAILING);
    const done = await home.run([process.execPath, BIN, "run", flow, "--quiet"], {
      cwd: "/",
      program: [
        "/usr/bin/env",
        "-i",
        `HOME=${dirname(home.state)}`,
        `FLOWCTL_STATE_DIR=${home.state}`,
        `FLOWCTL_SECRET_SLACK_WEBHOOK_URL=${env["FLOWCTL_SECRET_SLACK_WEBHOOK_URL"]!}`,
      ],
    });
    expect(done.code).toBe(1);
    expect(posts()).toHaveLength(1);
    expect(done.output).toContain("no rows");
  });

  it("from inside a package of a monorepo, whose own package.json says nothing", async () => {
    home.write("flowctl.config.yaml", YAML);
    home.write("packages/sales/package.json", JSON.stringify({ name: "sales" }));
    home.write("packages/sales/flow.ts", FAILING);
    const done = await home.run(["run", "flow.ts"], { env, cwd: join(home.directory, "packages/sales") });
    expect(done.code).toBe(1);
    expect(posts()).toHaveLength(1);
  });

  it("through a symbolic link from elsewhere", async () => {
    home.write("flowctl.config.yaml", YAML);
    const flow = home.write("flow.ts", FAILING);
    const elsewhere = join(dirname(home.directory), "elsewhere");
    mkdirSync(elsewhere);
    symlinkSync(flow, join(elsewhere, "linked.ts"));
    const done = await home.run(["run", "linked.ts"], { env, cwd: elsewhere });
    expect(done.code).toBe(1);
    expect(posts()).toHaveLength(1);
  });

  it("with -C, and not when it succeeds", async () => {
    home.write("flowctl.config.yaml", YAML);
    home.write("flow.ts", FAILING.replace('throw new Error("no rows")', "return 1"));
    const done = await home.run(["-C", home.directory, "run", "flow.ts", "--quiet"], { env, cwd: "/" });
    expect(done).toMatchObject({ code: 0, output: "" });
    expect(posts()).toEqual([]);
  });
});

describe("a refused run", () => {
  it("is reported where nobody sits at a terminal, by the file's stem", async () => {
    home.write("flowctl.config.yaml", YAML);
    home.write("nightly.ts", `import { flow } from "flowctl";\nexport default flow("x", () => {`);
    const done = await home.run(["run", "nightly.ts"], { env });
    expect(done.code).toBe(2);
    expect(done.stderr).toContain("nightly.ts:2:");
    expect(posts()).toHaveLength(1);
    expect(posts()[0]).toContain("nightly");
  });

  it("is reported for wrong parameters, by the flow's name", async () => {
    home.write("flowctl.config.yaml", YAML);
    home.write("flow.ts", FAILING);
    const done = await home.run(["run", "flow.ts", "-p", "dat=1", "-p", "x=2"], { env });
    expect(done.code).toBe(2);
    expect(done.stderr).toContain('"dat"');
    expect(done.stderr).toContain('"x"');
    expect(posts()).toHaveLength(1);
  });

  it("for a config that cannot be used is reported as the config was in the flow's latest run, once it has run", async () => {
    const good = YAML.replace("[Failed]", "[Failed], notifyOn: always");
    const broken = `${good}chanels: {\n`;
    home.write("flowctl.config.yaml", broken);
    home.write("flow.ts", FAILING.replace('throw new Error("no rows");', ""));
    const first = await home.run(["run", "flow.ts"], { env });
    expect([first.code, posts()]).toEqual([2, []]);
    home.write("flowctl.config.yaml", good);
    expect((await home.run(["run", "flow.ts"], { env })).code).toBe(0);
    home.write("flowctl.config.yaml", broken);
    for (const times of [1, 2]) {
      const done = await home.run(["run", "flow.ts"], { env });
      expect(done.code).toBe(2);
      expect(done.stderr).toContain("flowctl.config.yaml:7:1");
      expect(done.stderr).toContain("notifications: 1 sent");
      expect(posts()).toHaveLength(times);
    }
    expect(posts()[1]).toContain("Flow refused: nightly");
    const quiet = await home.run(["run", "flow.ts", "--no-notify"], { env });
    expect([quiet.code, posts().length]).toEqual([2, 2]);
    const { stdout } = await home.run(["--config", "none", "runs", "list", "--json"], { env });
    expect(stdout.match(/"state":\s*"Failed"/g)).toHaveLength(2);
  });

  it("that cannot be loaded is reported by the flow's name once it has run, and to the flow's own hooks", async () => {
    home.write("flowctl.config.yaml", YAML);
    const good = `
flow: nightly
hooks: [{ name: own, states: [Failed], events: [recovered], to: team }]
tasks: { load: { run: "true" } }
`;
    home.write("other.yaml", good);
    expect((await home.run(["run", "other.yaml"], { env })).code).toBe(0);
    home.write("other.yaml", `${good}tsks: {}\n`);
    expect((await home.run(["run", "other.yaml"], { env })).code).toBe(2);
    expect(posts()).toHaveLength(1);
    expect(posts()[0]).toContain("Flow refused: nightly");
    expect((await home.run(["notify", "list", "--state", "sent", "--json"], { env })).stdout).toMatch(
      /"names":\s*\["failures",\s*"own"\]/,
    );
    home.write("other.yaml", good);
    expect((await home.run(["run", "other.yaml"], { env })).code).toBe(0);
    expect(posts()).toHaveLength(2);
    expect(posts()[1]).toContain("Flow recovered: nightly");
  });

  it("is not reported with --no-notify", async () => {
    home.write("flowctl.config.yaml", YAML);
    home.write("flow.ts", FAILING);
    await home.run(["run", "flow.ts", "-p", "dat=1", "--no-notify"], { env });
    expect(posts()).toEqual([]);
  });
});

it("keeps what a service does not take, and says so in the last lines", async () => {
  await server.close();
  server = await faultyServer([{ status: 503 }]);
  env = { FLOWCTL_SECRET_SLACK_WEBHOOK_URL: `${server.url}/services/T0/B0/secretpart0` };
  home.write("flowctl.config.yaml", `${YAML}delivery: { waitAtEnd: 1s }\n`);
  home.write("flow.ts", FAILING);
  const done = await home.run(["run", "flow.ts"], { env });
  expect(done.code).toBe(1);
  expect(done.output).toMatch(/notifications: .*1 waiting/);
  expect(done.output).toContain("flowctl notify list");
});

it("refuses a config with an unknown key at its place, with what was meant", async () => {
  home.write("flowctl.config.yaml", "channels: {}\nhoks: []\n");
  home.write("flow.ts", FAILING);
  const done = await home.run(["run", "flow.ts"], { env });
  expect(done.code).toBe(2);
  expect(done.stderr).toContain("flowctl.config.yaml:2:1");
  expect(done.stderr).toContain("hooks");
});

it("a webhook's secret may be the text itself, which is nobody's name", async () => {
  const secret = `whsec_${Buffer.from("0123456789abcdef0123456789abcdef").toString("base64")}`;
  const own = { type: "webhook", url: `${server.url}/own`, secret };
  home.write("flowctl.config.json", JSON.stringify({ channels: { own }, hooks: [{ name: "h", to: ["own"] }] }));
  home.write("flow.ts", FAILING);
  const done = await home.run(["run", "flow.ts"]);
  expect(done.stdout).toContain("notifications: 1 sent");
  expect(done.output).not.toContain("whsec_");
  const [request] = server.requests();
  expect(() => new Webhook(secret).verify(request!.body, request!.headers as Record<string, string>)).not.toThrow();
});

it("what a script said last is in the alert, and no secret of it", async () => {
  home.write("flowctl.config.yaml", YAML);
  home.write(
    "nightly.yaml",
    `
flow: nightly
tasks:
  load:
    env: { TOKEN: { secret: TOKEN } }
    run: |
      echo "the disk is full" >&2
      echo "with $TOKEN" >&2
      exit 3
`,
  );
  await home.run(["run", "nightly.yaml"], { env: { ...env, FLOWCTL_SECRET_TOKEN: "correct-horse-battery" } });
  expect(posts()).toHaveLength(1);
  expect(posts()[0]).toContain("the disk is full");
  expect(posts()[0]).toContain("with ***TOKEN***");
  expect(posts().join() + home.stateText()).not.toContain("correct-horse-battery");
});

it("a notification task's words go out though a value in them is missing: the failed task is why", async () => {
  home.write("flowctl.config.yaml", "");
  home.write(
    "nightly.yaml",
    `
flow: nightly
tasks:
  load: { run: "exit 3", outputs: [rows] }
  some: { uses: slack, trigger: any_failed, with: { message: "only \${{ tasks.load.outputs.rows }} rows" } }
  none: { uses: slack, trigger: any_failed, with: { message: "\${{ tasks.load.outputs.rows }}" } }
`,
  );
  await home.run(["run", "nightly.yaml"], { env });
  expect(
    posts()
      .map((post) => (JSON.parse(post) as { text: string }).text)
      .sort(),
  ).toEqual(["load failed: exit code 3", "only ${{ tasks.load.outputs.rows }} rows"]);
});

it("a command's program is found beside the config, from wherever the flow is run", async () => {
  home.write("notify.sh", "#!/bin/sh\nprintf x >> got\n");
  chmodSync(join(home.directory, "notify.sh"), 0o755);
  const channels = { one: { type: "command", run: "./notify.sh" }, two: { type: "command", run: ["./notify.sh"] } };
  home.write(
    "flowctl.config.json",
    JSON.stringify({ channels, hooks: [{ name: "h", notifyOn: "always", to: ["one", "two"] }] }),
  );
  const flow = home.write("flows/flow.ts", FAILING);
  for (const cwd of ["/", dirname(flow)]) await home.run(["run", flow], { cwd, env: { FLOWCTL_BACKGROUND: "0" } });
  expect(readFileSync(join(home.directory, "got"), "utf8")).toBe("xxxx");
});
