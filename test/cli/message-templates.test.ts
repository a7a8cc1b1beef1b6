import { readdirSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { cliHome, type CliHome } from "../rig/cli.ts";
import { faultyServer, type FaultyServer } from "../rig/faulty-server.ts";
import { startMailDev } from "../rig/smtp.ts";

const CI = { CI: "1", CI_JOB_URL: "https://ci.example/jobs/81?a=1&b=2" };
const OK = { status: 200, body: "ok" };

let home: CliHome;
let server: FaultyServer;
beforeEach(async () => {
  home = cliHome();
  server = await faultyServer(Array.from({ length: 9 }, () => OK));
});
afterEach(async () => {
  await home[Symbol.asyncDispose]();
  await server.close();
});

const FLOW = `
flow: stock
timezone: Asia/Kolkata
params: { shop: "Bo's \\"best\\" <shop>", count: 12, tags: { default: [a, b] }, pin: { type: integer, default: 90817263 } }
tasks:
  load: { run: "exit 3" }
`;

/** The requests to one path. */
function requests(path: string) {
  return server.requests().filter((each) => each.path === path);
}

describe("templates of messages", () => {
  it("fill a webhook's body with the types of its values, masked, and escape them in JSON text", async () => {
    home.write("stock.yaml", FLOW);
    home.write(
      "flowctl.config.yaml",
      `channels:
  data:
    type: webhook
    url: "${server.url}/data"
    body:
      run: { id: "\${{ run.id }}", link: "\${{ run.url }}", none: "\${{ params.absent }}" }
      count: "\${{ params.count }}"
      tags: "\${{ params.tags }}"
      text: "\${{ flow.name }}: \${{ params.shop }} by \${{ env.OWNER }} $\${{ x }}"
      pin: "\${{ params.pin }}"
      failed: "\${{ run.failed }}"
      flag: true
  json: { type: webhook, url: "${server.url}/json", body: '{"text": "shop \${{ params.shop }}", "n": \${{ params.count }}}' }
  text: { type: webhook, url: "${server.url}/text", body: "[\${{ run.state }}] \${{ message }}" }
  form:
    type: webhook
    url: "${server.url}/form"
    headers: { Content-Type: application/x-www-form-urlencoded }
    body: "shop=\${{ params.shop }}&n=\${{ params.count }}"
hooks:
  - { name: all, to: [data, json, text, form], message: "<\${{ params.shop }}> \${{ env.TOKEN_COPY }}" }
`.replace(', none: "${{ params.absent }}"', ', none: "${{ params.absent ?? null }}"'),
    );
    const env = {
      ...CI,
      OWNER: "Ada",
      FLOWCTL_SECRET_PIN: "90817263",
      FLOWCTL_SECRET_T: "tok-5511-xyz",
      TOKEN_COPY: "tok-5511-xyz",
    };
    const done = await home.run(["run", "stock.yaml"], { env });
    expect(done.code, done.output).toBe(1);
    const [data] = requests("/data");
    expect(data?.headers["content-type"]).toBe("application/json");
    expect(JSON.parse(data?.body ?? "")).toEqual({
      run: { id: expect.stringMatching(/^\w+/) as string, link: CI.CI_JOB_URL, none: null },
      count: 12,
      tags: ["a", "b"],
      text: `stock: Bo's "best" <shop> by Ada \${{ x }}`,
      pin: "***PIN***",
      failed: ["load"],
      flag: true,
    });
    expect(JSON.parse(requests("/json")[0]?.body ?? "")).toEqual({ text: `shop Bo's "best" <shop>`, n: 12 });
    const [text] = requests("/text");
    expect(text?.headers["content-type"]).toBe("text/plain; charset=utf-8");
    expect(text?.body).toBe(`[Failed] <Bo's "best" <shop>> ***T***`);
    const [form] = requests("/form");
    expect(form?.headers["content-type"]).toBe("application/x-www-form-urlencoded");
    expect(new URLSearchParams(form?.body).get("shop")).toBe(`Bo's "best" <shop>`);
    expect(home.stateText()).not.toMatch(/90817263"|tok-5511/);
  });

  it("give mail a subject: the task's, else the hook's, else the channel's", async () => {
    const mail = await startMailDev();
    try {
      home.write(
        "stock.yaml",
        `${FLOW}  tell: { uses: email, with: { channel: post, message: "hi", subject: "task \${{ params.count }}" } }
  plain: { uses: notify, needs: tell, with: { channel: post, message: "one *line*" } }
hooks: [{ name: own, to: boss, subject: "hook \${{ params.shop }} \${{ date(now) > date('2000-01-01') }}" }]
`,
      );
      const smtp = `type: email, from: f@example.org, host: 127.0.0.1, port: ${mail.smtpPort}, security: none`;
      home.write(
        "flowctl.config.yaml",
        `channels:
  post: { ${smtp}, to: a@example.org, subject: "channel \${{ flow.name }} \${{ run.state }}: \${{ message }}" }
  boss: { ${smtp}, to: b@example.org, subject: "channel \${{ run.state }}" }
hooks: [{ name: post, to: post }]
`,
      );
      const done = await home.run(["run", "stock.yaml"], { env: CI });
      expect(done.code, done.output).toBe(1);
      const mails = await mail.mails();
      const subjects = mails.map(({ subject }) => subject).sort();
      expect(subjects.slice(1)).toEqual([
        "channel stock Running: one *line*",
        `hook Bo's "best" <shop> true`,
        "task 12",
      ]);
      expect(subjects[0]).toMatch(/^channel stock Failed: FAILED: stock \(run /);
      // The flow's time zone is 5:30 hours before UTC.
      expect(mails.find(({ subject }) => subject.startsWith("hook"))?.text).toMatch(
        /(?:Started|At): \d{4}-\d\d-\d\d \d\d:\d\d:\d\d \+05:30/,
      );
    } finally {
      await mail.close();
    }
  });

  it("say the same of a run that is killed: its parameters, variables, link and time zone are in its manifest", async () => {
    home.write(
      "doomed.yaml",
      `flow: doomed
timezone: America/St_Johns
dotenv: own.env
env: { STAGE: "blue" }
params: { since: { type: datetime, default: "2026-03-01T10:00:00Z" }, build: 3.10 }
tasks:
  wait: { run: "echo reached; exec sleep 60" }
stateHandlers: [{ uses: slackNotifier, with: { channel: third, onlyStates: [Failed], message: "flow's \${{ params.build }}" } }]
hooks:
  - { name: own, states: [Crashed], to: text, message: "\${{ run.state }} \${{ run.url }} \${{ params.since }} \${{ params.build }} \${{ env.STAGE }} \${{ env.TEAM }} \${{ env.KEY }} \${{ date(params.since + duration('24h')) }}" }
`,
    );
    home.write("own.env", "TEAM=night shift\n");
    home.write(
      "flowctl.config.yaml",
      `channels:
  text: { type: webhook, url: "${server.url}/text", body: "\${{ message }} at \${{ now }}" }
  data: { type: webhook, url: "${server.url}/data" }
  third: { type: webhook, url: "${server.url}/third", body: { said: "\${{ message }}" } }
hooks: [{ name: all, states: [Failed], to: data, message: "\${{ env.OWNER ?? 'nobody' }}" }]
`,
    );
    // In CI the process that is killed here would only be the parent of the one that runs the flow.
    const env = { CI_JOB_URL: CI.CI_JOB_URL, KEY: "k-771-secret", FLOWCTL_SECRET_KEY: "k-771-secret" };
    const started = home.start(["run", "doomed.yaml", "--logs", "full"], { env });
    await started.saw("reached");
    started.child.kill("SIGKILL");
    await started.finished;
    await expect.poll(() => server.requests().length, { timeout: 20_000 }).toBe(3);
    expect(requests("/third")[0]?.body).toBe(`{"said":"flow's 3.10"}`);
    expect(requests("/text")[0]?.body).toMatch(
      /^Crashed https:\/\/ci\.example\/jobs\/81\?a=1&b=2 2026-03-01T06:30:00\.000-03:30 3\.10 blue night shift \*\*\*KEY\*\*\* 2026-03-02 at \d{4}-\d\d-\d\dT[\d:.]+-0[23]:30$/,
    );
    const { data } = JSON.parse(requests("/data")[0]?.body ?? "") as { data: { headline: string; timezone: string } };
    expect(data).toMatchObject({ headline: "nobody", timezone: "America/St_Johns" });
    expect(home.stateText()).not.toContain("k-771");
    // The process that finalizes the run has ended once nothing is pending and no run is active.
    const left = ["live", "outbox/new"].map((each) => join(home.state, each));
    await expect.poll(() => left.flatMap((each) => readdirSync(each)), { timeout: 20_000 }).toEqual([]);
  });

  it("read the parameters of the sub-flow that a message is about, and use its time zone", async () => {
    home.write(
      "flows.ts",
      `import { flow, runFlow, task } from "flowctl";
const bad = task("bad", () => { throw new Error("no"); });
const inner = flow("inner", { timezone: "Asia/Tokyo", params: { day: { type: "string" } } }, () => { bad(); });
export default flow("outer", () => { runFlow(inner)({ params: { day: "monday" } }); });
`,
    );
    home.write(
      "flowctl.config.yaml",
      `timezone: Europe/Lisbon
channels: { text: { type: webhook, url: "${server.url}/text", body: "\${{ message }} \${{ params.day ?? 'none' }} \${{ now }}" } }
hooks: [{ name: inner, match: { flows: [inner] }, to: text, message: own }, { name: outer, match: { flows: [outer] }, to: text, message: own }]
`,
    );
    const done = await home.run(["run", "flows.ts", "--name", "outer"]);
    expect(done.code, done.output).toBe(1);
    const texts = requests("/text").map(({ body }) => body);
    expect(texts.sort()[0]).toMatch(/^own monday \S+\+09:00$/);
    expect(texts[1]).toMatch(/^own none \S+\+0[01]:00$/);
  });

  it("are checked before the run, at their place: unknown parameters, variables that are not set, a body that is no JSON", async () => {
    home.write(
      "stock.yaml",
      `${FLOW}hooks: [{ name: own, to: text, message: "\${{ params.cuont }} \${{ env.NOT_THERE }}", subject: "\${{ run.urll }}" }]
`,
    );
    home.write(
      "flowctl.config.yaml",
      `channels:
  text: { type: webhook, url: "${server.url}", body: { a: "\${{ env.MISSING }}", b: ["\${{ message }} \${{ params.other ?? 1 }} \${{ params.other }}"] } }
hooks:
  - { name: all, to: text, message: "\${{ env.GONE ?? 'x' }} \${{ env.GONE }}" }
  - { name: others, match: { flows: [other] }, to: text, message: "\${{ env.GONE_TOO }}" }
`,
    );
    const first = await home.run(["validate", "stock.yaml"]);
    expect(first.code).toBe(2);
    expect(first.stderr).toContain('there is no parameter "cuont"');
    expect(first.stderr).toContain("stock.yaml:7:66");
    expect(first.stderr).toContain('give a default: ${{ env.NOT_THERE ?? "…" }}');
    expect(first.stderr).toContain('"run" has no "urll"');
    home.write("stock.yaml", FLOW);
    for (const command of ["validate", "run"]) {
      const { code, stderr } = await home.run([command, "stock.yaml"]);
      expect(code).toBe(2);
      expect(stderr).toMatch(/the environment variable "MISSING" is not set\n +--> flowctl\.config\.yaml:2:/);
      expect(stderr).toMatch(/there is no parameter "other"\n +--> flowctl\.config\.yaml:2:/);
      expect(stderr).toMatch(/the environment variable "GONE" is not set\n +--> flowctl\.config\.yaml:4:65/);
      expect(stderr).not.toContain(`"GONE_TOO" is not set`);
    }
    // A command that runs nothing does not need the variables.
    expect((await home.run(["notify", "list"])).code).toBe(0);
    expect((await home.run(["validate", "flowctl.config.yaml"])).stderr).toContain(`"GONE_TOO" is not set`);
    home.write(
      "flowctl.config.yaml",
      `channels:
  text: { type: webhook, url: "${server.url}", body: '{"a": \${{ run.id }', headers: { x: y } }
  data: { type: webhook, url: "${server.url}", body: { token: { secret: T } } }
  json: { type: webhook, url: "${server.url}", body: '{"a": "\${{ run.id }}"' }
`,
    );
    const { stderr } = await home.run(["validate", "stock.yaml"]);
    expect(stderr).toContain("is never closed");
    expect(stderr).toContain("body.token: names a secret");
    expect(stderr).toContain("begins as JSON and is not JSON");
  });

  it("are shown by notify preview, with what is known without a run", async () => {
    home.write(
      "flowctl.config.yaml",
      `timezone: Asia/Kolkata
channels:
  data: { type: webhook, url: "${server.url}", body: { text: "\${{ message }}", at: "on \${{ now }}", p: "\${{ params.x ?? 7 }}", u: "\${{ run.url }}" } }
  post: { type: email, from: f@example.org, to: t@example.org, host: mail.example, subject: "\${{ flow.name }} by \${{ env.OWNER }}" }
hooks: [{ name: all, to: [data, post], message: "hello \${{ run.state }}" }]
`,
    );
    const done = await home.run(["notify", "preview", "all"], { env: { ...CI, OWNER: "Ada" } });
    expect(done.stdout).toContain('"text": "hello Failed"');
    expect(done.stdout).toMatch(/"at": "on \S+\+05:30"/);
    expect(done.stdout).toContain('"p": 7');
    expect(done.stdout).toContain(`"u": "${CI.CI_JOB_URL}"`);
    expect(done.stdout).toContain("Subject: test-of-notifications by Ada");
  });
});
