import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { BIN, cliHome } from "../rig/cli.ts";

const WRONG = `flow: nightly
tasks:
  extract: { run: "true" }
  load: { run: "true", needs: [extrct], timout: 5m }
`;

describe("flowctl validate", () => {
  it("takes a config among the files for what it is, and run says that it is no flow", async () => {
    await using home = cliHome();
    home.write("a.yaml", "flow: a\ntasks: { a: { run: 'true' } }\n");
    home.write("flowctl.config.yaml", "hooks: []\n");
    home.write("other/flowctl.config.yaml", "chanels: {}\n");
    expect(await home.run(["validate", "a.yaml", "flowctl.config.yaml"])).toMatchObject({
      code: 0,
      stdout: 'ok: a.yaml: flow "a", 1 task\nok: flowctl.config.yaml: config\n',
    });
    const wrong = await home.run(["validate", "other/flowctl.config.yaml"]);
    expect([wrong.code, wrong.stderr]).toEqual([2, expect.stringContaining('unknown key "chanels"')]);
    const run = await home.run(["run", "flowctl.config.yaml"]);
    expect([run.code, run.stderr]).toEqual([2, expect.stringContaining("flowctl.config.yaml is a config, not a flow")]);
  });

  it("says all that is wrong, with place and help, and exits with 2", async () => {
    await using home = cliHome();
    home.write("nightly.yaml", WRONG);
    const { code, stdout, stderr } = await home.run(["validate", "nightly.yaml"]);
    expect([code, stdout]).toEqual([2, ""]);
    expect(stderr).toBe(
      [
        'error[UNKNOWN_TASK]: task "load" needs "extrct", which does not exist',
        "  --> nightly.yaml:4:32",
        '  4 |   load: { run: "true", needs: [extrct], timout: 5m }',
        "    |                                ^^^^^^",
        '  help: did you mean "extract"?',
        "",
        'error[UNKNOWN_KEY]: unknown key "timout" in "tasks.load"',
        "  --> nightly.yaml:4:41",
        '  4 |   load: { run: "true", needs: [extrct], timout: 5m }',
        "    |                                         ^^^^^^",
        '  help: did you mean "timeout"?',
        "",
      ].join("\n"),
    );
  });

  it("gives the same as data, and as annotations under GitHub Actions", async () => {
    await using home = cliHome();
    home.write("nightly.yaml", WRONG);
    const json = await home.run(["validate", "nightly.yaml", "--json"]);
    expect(JSON.parse(json.stdout)).toMatchObject({
      valid: false,
      problems: [{ code: "UNKNOWN_TASK", line: 4, column: 32 }, { code: "UNKNOWN_KEY" }],
    });
    const github = await home.run(["validate", "nightly.yaml"], {
      env: { GITHUB_ACTIONS: "true", GITHUB_WORKSPACE: home.directory },
    });
    expect(github.stdout.split("\n")[0]).toMatch(/^::error file=nightly\.yaml,line=4,col=32,title=UNKNOWN_TASK::task /);
  });

  it("looks at the config, too, and at hooks whose channels only the config knows", async () => {
    await using home = cliHome();
    home.write("a.yaml", "tasks: { a: { run: 'true' } }\nhooks: [{ name: told, to: team }]\n");
    expect((await home.run(["validate", "a.yaml"])).stderr).toContain("error[UNKNOWN_CHANNEL]");
    home.write("b.yaml", "tasks: { a: { run: 'true' } }\nhooks: [{ name: told, to: [inbox, inbx] }]\n");
    expect((await home.run(["validate", "b.yaml"])).stderr).toContain("b.yaml:2:35");
    home.write("flowctl.config.yaml", "channels: { team: { type: inbox } }\n");
    expect(await home.run(["validate", "a.yaml"])).toMatchObject({
      code: 0,
      stderr: "",
      stdout: 'ok: a.yaml: flow "a", 1 task\n',
    });
    home.write("flowctl.config.yaml", "chanels: {}\n");
    expect((await home.run(["validate", "a.yaml"])).stderr).toContain("flowctl.config.yaml:1:1");
  });
});

describe("flowctl run of a spec", () => {
  it("runs it, with parameters read as their types", async () => {
    await using home = cliHome();
    home.write(
      "a.yaml",
      `params: { version: { type: string }, n: 2 }
tasks:
  one:
    run: echo "got \${{ params.version }} \${{ params.n + 1 }}" > out.txt
`,
    );
    expect((await home.run(["run", "a.yaml", "-p", "version=1.10", "-p", "n=6"])).code).toBe(0);
    expect(readFileSync(join(home.directory, "out.txt"), "utf8")).toBe("got 1.10 7\n");
    expect((await home.run(["run", "a.yaml"])).code).toBe(2);
  });

  it("tells by the hook that the spec itself declares", async () => {
    await using home = cliHome();
    home.write("a.yaml", "tasks: { a: { run: exit 3 } }\nhooks: [{ name: told, states: [Failed], to: inbox }]\n");
    expect((await home.run(["run", "a.yaml"])).code).toBe(1);
    expect((await home.run(["inbox"])).stdout).toContain("exit code 3");
  });

  it("attaches the notification tasks of the config", async () => {
    await using home = cliHome();
    home.write("a.yaml", "tasks: { a: { run: exit 3 } }\n");
    home.write(
      "flowctl.config.yaml",
      "tasks: { alert: { uses: notify, trigger: any_failed, with: { channel: inbox, message: it broke } } }\n",
    );
    expect((await home.run(["run", "a.yaml"])).code).toBe(1);
    expect((await home.run(["inbox"])).stdout).toContain("it broke");
  });
});

describe("the examples that only YAML has", () => {
  it.each([
    ["outputs", "2 shops, 3 rows"],
    ["tolerance", "3 of 4 shops"],
  ])("%s does what its header says", async (name, said) => {
    await using home = cliHome();
    const file = join(import.meta.dirname, `../../flows/${name}.yaml`);
    const { code, stdout } = await home.run(["run", file, "--logs", "full"]);
    expect(code).toBe(0);
    expect(stdout).toContain(said);
    if (name === "tolerance") expect(stdout).toContain("   result: 3\n");
  });
});

describe("flowctl run --dry-run", () => {
  it("shows tasks, parameters, secrets and who would be told, and runs nothing", async () => {
    await using home = cliHome();
    home.write(
      "a.yaml",
      `params: { n: 2, region: { type: string } }
secrets: [TOKEN]
tasks:
  extract: { run: touch ran, retry: { max: 2, delay: 10s, backoff: 2 } }
  load: { run: touch ran, needs: extract, env: { T: "\${{ secrets.TOKEN }}" } }
`,
    );
    home.write(
      "flowctl.config.yaml",
      "hooks: [{ name: told, states: [Failed], to: inbox }]\ndefaults: { timeout: 5m }\n",
    );
    const args = ["run", "a.yaml", "--dry-run", "-p", "region=eu"];
    const missing = await home.run(args);
    expect(missing.code).toBe(3);
    expect(missing.stdout).toContain('TOKEN: MISSING, for the flow and task "load"\n');
    const { code, stdout } = await home.run(args, { env: { FLOWCTL_SECRET_TOKEN: "hush-hush" } });
    expect(code).toBe(0);
    expect(stdout).not.toContain("hush-hush");
    for (const line of [
      "n = 2  (default)",
      'region = "eu"  (-p)',
      "1. extract; up to 3 attempts, waiting 30s at most; each at most 5m",
      "2. load; after extract; each at most 5m",
      'TOKEN: found (env), for the flow and task "load"',
      'hook "told": Failed → inbox',
    ])
      expect(stdout).toContain(`  ${line}\n`);
    expect(readdirSync(home.directory)).not.toContain("ran");
    expect((await home.run(["runs", "list", "--json"])).stdout).toBe("[]\n");
  });
});

describe("the plan of a run", () => {
  it("says where each parameter came from, and every notifier and task that would tell somebody", async () => {
    await using home = cliHome();
    home.write(
      "a.yaml",
      `params: { a: 1, b: 2, c: { type: integer, env: C }, d: "\${{ params.a + 1 }}", e: x }
tasks:
  load: { run: touch ran, tags: [slow], stateHandlers: [{ uses: slackNotifier, with: { channel: own } }] }
  save: { run: touch ran, needs: load }
stateHandlers: [{ uses: slackNotifier, with: { channel: own, onlyStates: [Failed] } }]
`,
    );
    home.write("p.yaml", "b: 5\n");
    home.write("e.txt", "from a file\n");
    home.write(
      "flowctl.config.yaml",
      `channels: { own: { type: inbox }, team: { type: inbox } }
hooks:
  - { name: mine, states: [Failed], to: team }
  - { name: other, match: { flows: [b] }, to: team }
stateHandlers:
  flow: [{ uses: slackNotifier, with: { channel: team, onlyStates: [TimedOut] } }]
  task:
    - { uses: slackNotifier, with: { channel: team, onlyStates: [Failed] }, match: { tasks: "lo*" } }
    - { uses: slackNotifier, with: { channel: team, onlyStates: [Skipped] }, match: { tags: slow } }
    - { uses: slackNotifier, with: { channel: team, onlyStates: [Retrying] }, match: { tags: fast } }
tasks:
  alert: { uses: notify, trigger: load.failed, with: { channel: team, message: x } }
  last: { uses: notify, with: { channel: inbox, message: x } }
  soon: { uses: notify, needs: load, with: { channel: inbox, message: x } }
`,
    );
    const { stdout, code } = await home.run(
      ["run", "a.yaml", "--dry-run", "-p", "a=7", "-p", "e=@e.txt", "--params-file", "p.yaml"],
      { env: { C: "3" } },
    );
    expect(code).toBe(0);
    for (const line of [
      "a = 7  (-p)",
      "b = 5  (p.yaml)",
      "c = 3  (env C)",
      "d = 8  (default)",
      'e = "from a file"  (@e.txt)',
      "3. alert; after save, load; when load.failed",
      "2. soon; after load",
      "3. last; after save",
      'hook "mine": Failed → team',
      "notifier of the flow: Failed → own",
      "notifier of the flow: TimedOut → team",
      'notifier of task "load": every change → own',
      'notifier of task "load": Failed → team',
      'notifier of task "load": Skipped → team',
      'task "alert": when load.failed → team',
    ])
      expect(stdout).toContain(`  ${line}\n`);
    expect(stdout).not.toMatch(/hook "other"|Retrying/);
    expect(readdirSync(home.directory)).not.toContain("ran");
  });
});

describe("limits of the config", () => {
  it("hold for a run: tasks at a time, those of a pool, and what the environment says wins", async () => {
    await using home = cliHome();
    home.write("a.yaml", "tasks: { a: { run: 'true', pool: db }, b: { run: 'true', pool: db } }\n");
    const order = async (env = {}) =>
      (await home.run(["run", "a.yaml"], { env })).stdout.match(/(?<=\] )(?:start|ok) +[ab]/g)?.map((each) => each[0]);
    expect(await order()).toEqual(["s", "s", "o", "o"]);
    home.write("flowctl.config.yaml", "concurrency: 1\n");
    expect(await order()).toEqual(["s", "o", "s", "o"]);
    expect(await order({ FLOWCTL_CONCURRENCY: "2" })).toEqual(["s", "s", "o", "o"]);
    home.write("flowctl.config.yaml", "pools: { db: 1 }\n");
    expect(await order()).toEqual(["s", "o", "s", "o"]);
  });
});

it("flowctl graph draws, and validate counts, what the config attaches to the flow", async () => {
  await using home = cliHome();
  home.write("a.yaml", "tasks: { build: { run: 'true' } }\n");
  home.write(
    "flowctl.config.yaml",
    "tasks: { told: { uses: notify, match: { flows: [a] }, trigger: any_failed, with: { channel: inbox, message: no } } }\n",
  );
  expect((await home.run(["validate", "a.yaml"])).stdout).toContain("2 tasks");
  const tree = ["graph", "a.yaml", "--format", "tree"];
  expect((await home.run(tree)).stdout).toBe("a\n└─ build\n   └─ told (any_failed)\n");
  expect((await home.run([...tree, "--config", "none"])).stdout).toBe("a\n└─ build\n");
});

describe("flowctl graph --run", () => {
  it("colours each task by what became of it, in every form", async () => {
    await using home = cliHome();
    home.write(
      "a.yaml",
      `tasks:
  build: { run: "true" }
  each: { foreach: [1, 2], run: '[ \${{ item }} = 1 ]', needs: build }
  load: { run: "true", needs: each }
  off: { run: "true", if: false }
`,
    );
    home.write("b.yaml", "tasks: { b: { run: 'true' } }\n");
    await home.run(["run", "a.yaml"]);
    const graph = async (...args: string[]) => (await home.run(["graph", "a.yaml", "--run", "last", ...args])).stdout;
    expect(await graph("--format", "tree")).toBe(
      "a\n├─ build: Success\n│  └─ each: Failed\n│     └─ load: TriggerFailed\n└─ off: Skipped\n",
    );
    const { tasks } = JSON.parse(await graph("--json")) as { tasks: { name: string; state: string }[] };
    expect(tasks.map((task) => task.state)).toEqual(["Success", "Failed", "TriggerFailed", "Skipped"]);
    expect(await graph("--format", "mermaid")).toContain(
      "  class t1 failed\n  classDef skipped fill:#eceef1,stroke:#8a909a,color:#1b1f24\n  class t2,t3 skipped\n",
    );
    expect(await graph("--format", "dot")).toContain('"each" [shape=box, style=filled, fillcolor="#fbdcdc"');
    expect(await graph("--format", "svg")).toContain("<title>each: Failed</title>");
    expect((await home.run(["graph", "a.yaml", "--format", "tree"])).stdout).not.toContain("Success");
    const other = await home.run(["graph", "b.yaml", "--run", "last"]);
    expect([other.code, other.stderr]).toEqual([2, expect.stringContaining('is one of "a", and the flow is "b"')]);
  });
});

describe("--profile", () => {
  it("adds a part of the config, which is named as the origin", async () => {
    await using home = cliHome();
    home.write("flowctl.config.yaml", "concurrency: 2\nprofiles:\n  ci:\n    concurrency: 8\n");
    const show = (...args: string[]) => home.run(["config", "show", "--origin", "concurrency", ...args]);
    expect((await show()).stdout).toBe("concurrency: 2  # flowctl.config.yaml:1\n");
    const expected = "concurrency: 8  # flowctl.config.yaml:4 (profile ci)\n";
    expect((await show("--profile", "ci")).stdout).toBe(expected);
    expect(
      (await home.run(["config", "show", "--origin", "concurrency"], { env: { FLOWCTL_PROFILE: "ci" } })).stdout,
    ).toBe(expected);
    const wrong = await show("--profile", "ic");
    expect([wrong.code, wrong.stderr]).toEqual([2, expect.stringContaining('did you mean "ci"?')]);
    expect((await home.run(["config", "show", "--profile", "ci", "--config", "none"])).code).toBe(2);
  });
});

describe("a run's result", () => {
  it("is shown at its end, kept with the run, and without secrets", async () => {
    await using home = cliHome();
    home.write(
      "a.yaml",
      `tasks:
  load:
    env: { TOKEN: "\${{ secrets.TOKEN }}" }
    run: |
      echo rows=3 >> "$FLOWCTL_OUTPUT"
      echo "leak=$TOKEN" >> "$FLOWCTL_OUTPUT"
    outputs: { rows: integer, leak: string }
result: { rows: "\${{ tasks.load.outputs.rows }}", leak: "\${{ tasks.load.outputs.leak }}" }
`,
    );
    const env = { FLOWCTL_SECRET_TOKEN: "correct-horse" };
    const { stdout, code } = await home.run(["run", "a.yaml"], { env });
    expect(code).toBe(0);
    expect(stdout).toContain('   result: {"rows":3,"leak":"***TOKEN***"}\n');
    expect((await home.run(["runs", "show", "last"])).stdout).toContain('result: {"rows":3,"leak":"***TOKEN***"}');
    expect(JSON.parse((await home.run(["runs", "show", "last", "--json"])).stdout)).toMatchObject({
      result: { rows: 3, leak: "***TOKEN***" },
    });
    const events = await home.run(["run", "a.yaml", "--ui", "json"], { env });
    expect(events.stdout).toContain('"result":{"rows":3,"leak":"***TOKEN***"}');
    expect(events.stdout).not.toContain("correct-horse");
  });

  it("that cannot be had is told, and so is a list that is none", async () => {
    await using home = cliHome();
    home.write("a.yaml", "tasks: { a: { run: 'true' } }\nresult: ${{ tasks.a.outputs.rows }}\n");
    const { stdout, code } = await home.run(["run", "a.yaml"]);
    expect([code, stdout]).toEqual([1, expect.stringContaining('tasks.a.outputs has no "rows"')]);
    home.write(
      "b.yaml",
      "tasks: { a: { run: 'true' }, b: { foreach: '${{ tasks.a.outputs.stdout }}', run: 'true' } }\n",
    );
    expect((await home.run(["run", "b.yaml"])).stdout).toContain(
      'foreach of "b" is text "", not a list: capture: lines',
    );
  });
});

describe("flowctl config", () => {
  it("shows what holds and where each key comes from", async () => {
    await using home = cliHome();
    home.write("flowctl.config.yaml", "channels:\n  team: { type: slack, url: { secret: HOOK } }\nconcurrency: 4\n");
    const { stdout } = await home.run(["config", "show", "--origin"], { env: { FLOWCTL_CONCURRENCY: "8" } });
    expect(stdout).toContain("concurrency: 8  # env FLOWCTL_CONCURRENCY");
    expect(stdout).toContain("# flowctl.config.yaml:2");
    expect((await home.run(["config", "show", "channels.team.type"])).stdout).toBe("slack\n");
    home.write(
      "more.yaml",
      "defaults: { retry: { max: 2, delay: [1s, 90s], on: TypeError }, timeout: 5m }\nhooks: [{ name: told, events: [slow], slowAfter: 1h, to: inbox }]\n",
    );
    const more = async (...args: string[]) =>
      (await home.run(["config", "show", "--config", "more.yaml", ...args])).stdout;
    expect(await more("hooks.told.slowAfter")).toBe("1h\n");
    expect(await more("--origin")).toContain(
      'defaults.retry: {"max":2,"delay":["1s","90s"],"on":["TypeError"]}  # more.yaml:1\ndefaults.timeout: "5m"',
    );
    expect(await more("defaults.retry")).toBe("max: 2\ndelay:\n  - 1s\n  - 90s\non:\n  - TypeError\n");
    const file = join(home.directory, "flowctl.config.yaml");
    expect((await home.run(["config", "path"])).stdout).toBe(`${file}\n`);
    const json = await home.run(["config", "path", "--json"]);
    expect(JSON.parse(json.stdout)).toMatchObject({ file, files: [file] });
  });

  it("gives the schemas that editors read", async () => {
    await using home = cliHome();
    for (const which of ["flow", "config"]) {
      const { stdout } = await home.run(["config", "schema", which]);
      expect(JSON.parse(stdout)).toMatchObject({ $schema: "http://json-schema.org/draft-07/schema#", type: "object" });
    }
  });
});

describe("flowctl init", () => {
  it.each(["ts", "yaml"])("writes a flow in %s that is valid and runs, and overwrites nothing", async (template) => {
    await using home = cliHome();
    const { stdout, code } = await home.run(["init", "--template", template]);
    expect(code).toBe(0);
    expect(stdout).toContain(`next: flowctl run first.${template}`);
    expect(await home.run(["validate", `first.${template}`])).toMatchObject({ code: 0, stderr: "" });
    expect((await home.run(["run", `first.${template}`])).code).toBe(0);
    expect((await home.run(["inbox"])).stdout).toContain("3 rows loaded");
    home.write(`first.${template}`, "mine");
    expect((await home.run(["init", "--template", template])).stderr).toContain("nothing was overwritten");
    expect(readFileSync(join(home.directory, `first.${template}`), "utf8")).toBe("mine");
  });
});

describe("what a spec says for people", () => {
  it("stands in the plan of a run: of the flow, its parameters and its tasks", async () => {
    await using home = cliHome();
    home.write(
      "nightly.yaml",
      `flow: nightly
description: Sales of the day before.
params:
  day: { type: string, default: monday, description: the day to load }
tasks:
  load: { run: "true", description: Loads the rows }
`,
    );
    const { code, stdout } = await home.run(["run", "nightly.yaml", "--dry-run"]);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^plan of nightly: 1 task; nothing is run or sent\nSales of the day before\.\n/);
    expect(stdout).toContain('  day = "monday"  (default): the day to load\n');
    expect(stdout).toContain("  1. load: Loads the rows\n");
  });
});

describe("a package whose tasks a spec uses", () => {
  it("is found where the spec is, and one that is not installed is named", async () => {
    await using home = cliHome();
    home.write("node_modules/row-tasks/package.json", '{"name":"row-tasks","type":"module","exports":"./index.js"}');
    home.write("node_modules/row-tasks/index.js", "export const count = ({ of }) => of.length;\n");
    home.write(
      "flow.yaml",
      'flow: f\ntasks:\n  n: { uses: "row-tasks#count", with: { of: [1, 2, 3] } }\nresult: "${{ tasks.n.outputs }}"\n',
    );
    const { code, stdout } = await home.run(["run", "flow.yaml", "--events", "-"]);
    expect([code, stdout]).toEqual([0, expect.stringContaining('"result":3')]);
    home.write("wrong.yaml", 'flow: f\ntasks:\n  n: { uses: "no-such-tasks#count" }\n');
    const wrong = await home.run(["run", "wrong.yaml"]);
    expect(wrong.code).toBe(2);
    expect(wrong.stderr).toMatch(/"no-such-tasks#count" cannot be loaded: .*no-such-tasks/);
    expect(wrong.stderr).toContain("wrong.yaml:3:14");
  });
});

describe("a spec's dotenv files", () => {
  it("are variables of its scripts, below the environment's own and the spec's", async () => {
    await using home = cliHome();
    home.write("some.env", "ONE=file\nTWO=file\nTHREE=file\nFLOWCTL_SECRET_X=file\n");
    home.write(
      "flow.yaml",
      'flow: f\ndotenv: some.env\nenv: { THREE: spec }\ntasks:\n  say: { run: "echo $ONE $TWO $THREE ${FLOWCTL_SECRET_X:-none}" }\n',
    );
    const { code, stdout } = await home.run(["run", "flow.yaml", "--logs", "full"], { env: { TWO: "environment" } });
    expect([code, stdout]).toEqual([0, expect.stringContaining("say | file environment spec none\n")]);
  });

  it("are refused, at the spec's line, where a value would be cut", async () => {
    await using home = cliHome();
    home.write("some.env", "PORT=80\nDBPASS=correct#horse\n");
    home.write("flow.yaml", 'flow: f\ndotenv: some.env\ntasks:\n  say: { run: "echo $DBPASS" }\n');
    for (const command of ["run", "validate"]) {
      const { code, stderr } = await home.run([command, "flow.yaml"]);
      expect([code, stderr]).toEqual([
        2,
        expect.stringMatching(/error\[DOTENV]: some\.env:2:15: the value of DBPASS has a "#"/),
      ]);
      expect(stderr).toContain("flow.yaml:2:9");
      expect(stderr).not.toContain("horse");
    }
  });

  it("as a secret's source are refused with line and column, and the value shows nowhere", async () => {
    await using home = cliHome();
    home.write(".env.local", "API=1\nTOKEN=hunter#2correct-horse\n");
    home.write("flowctl.config.yaml", "secrets: { dotenv: .env.local }\n");
    home.write("flow.yaml", 'flow: f\ntasks:\n  say: { run: "echo $TOKEN", env: { TOKEN: { secret: TOKEN } } }\n');
    const { code, output } = await home.run(["run", "flow.yaml"]);
    expect([code, output]).toEqual([3, expect.stringContaining('.env.local:2:13: the value of TOKEN has a "#"')]);
    expect(output).not.toContain("hunter");
    home.write(".env.local", 'API=\r\nTOKEN="hunter#2correct-horse"\r\n');
    const good = await home.run(["run", "flow.yaml", "--logs", "full"]);
    expect([good.code, good.stdout]).toEqual([0, expect.stringContaining("say | ***TOKEN***\n")]);
  });
});

it("a name that is not the flow's is refused for a spec as for a module, whichever command is given it", async () => {
  await using home = cliHome();
  home.write("nightly.yaml", "flow: nightly\ntasks: { a: { run: 'true' } }\n");
  for (const command of [["run"], ["run", "--dry-run"], ["validate"], ["graph"]]) {
    const wrong = await home.run([...command, "nightly.yaml", "-n", "nigthly"]);
    expect([wrong.code, wrong.stderr]).toEqual([
      2,
      expect.stringMatching(
        /LOAD_NO_SUCH_FLOW]: nightly\.yaml has no flow named "nigthly"[^]*did you mean "nightly"\?/,
      ),
    ]);
    expect((await home.run([...command, "nightly.yaml", "-n", "nightly"])).code).toBe(0);
  }
  const other = await home.run(["graph", "nightly.yaml", "-n", "export"]);
  expect(other.stderr).toContain('help: its flow is "nightly"');
});

it("more scripts at a time than the system lets a process open files for fail with what to do about it", async () => {
  await using home = cliHome();
  const tasks = Array.from({ length: 60 }, (_, at) => `  t${at}: { run: sleep 1 }`);
  home.write("many.yaml", `flow: many\ntasks:\n${tasks.join("\n")}\n`);
  const start = { program: ["bash", "-c", 'ulimit -n 60; exec "$0" "$@"', process.execPath, BIN] };
  const done = await home.run(["run", "many.yaml", "--concurrency", "100"], start);
  expect(done.output).toContain("too many files are open: raise ulimit -n, or run fewer tasks at a time");
});
