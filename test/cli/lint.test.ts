import { describe, expect, it } from "vitest";
import { cliHome } from "../rig/cli.ts";

const SPEC = `flow: lints
timeout: 10s
tasks:
  build: { run: "true", retry: { max: 5, delay: 4s }, timeout: 1m, outputs: [version], pool: db }
  lint: { run: 'echo "$FLOWCTL_SECRET_TOKEN"', needs: build }
  never: { uses: notify, trigger: build.failed && build.succeeded, with: { message: x } }
  always: { uses: notify, trigger: build.failed || !build.failed, with: { message: x } }
  alone: { uses: notify, trigger: any_failed, with: { message: x } }
  asks: { uses: notify, needs: build, trigger: manual_only, with: { message: x } }
  silenced: { uses: notify, needs: build, trigger: any_failed, skipOnUpstreamSkip: true, with: { message: x } }
  off: { uses: notify, needs: build, if: false, with: { message: x } }
  literal: { uses: ./t.mjs#echo, needs: build, trigger: all_failed, with: { message: x } }
  many: { uses: notify, needs: [build, lint], trigger: { some_failed: { at_least: 3 } }, with: { message: x } }
hooks:
  - { name: own, states: [Retrying], match: { tags: prod }, to: [inbox] }
`;
const MODULE = `import { flow, task, notifyTask, triggers } from "flowctl";
const a = task("a", { retry: { max: 3, delay: "1h" } }, () => 1);
export default flow("nightly", { timeout: "1h" }, () => {
  a();
  notifyTask({ message: "x" }, { trigger: triggers.anyFailed });
});
`;

interface Problem {
  readonly severity: string;
  readonly code: string;
  readonly file: string;
  readonly line?: number;
  readonly column?: number;
  readonly help?: string;
}

async function problemsOf(home: ReturnType<typeof cliHome>, ...files: string[]) {
  const { stdout, code } = await home.run(["validate", ...files, "--json"]);
  const { problems } = JSON.parse(stdout) as { problems: readonly Problem[] };
  const shown = problems.map(({ severity, code: id, file, line, column }) =>
    [severity, id, `${file.slice(file.lastIndexOf("/") + 1)}:${line ?? ""}:${column ?? ""}`].join(" "),
  );
  return { code, problems, shown };
}

describe("what flowctl validate warns of", () => {
  it("is each told at its place in a spec", async () => {
    await using home = cliHome();
    home.write("lints.yaml", SPEC);
    home.write("t.mjs", "export const echo = ({ message }) => message;\n");
    const { code, problems, shown } = await problemsOf(home, "lints.yaml");
    expect(shown).toEqual([
      "warning RETRY_BEYOND_TIMEOUT lints.yaml:4:32",
      "warning TIMEOUT_BEYOND_FLOW lints.yaml:4:64",
      "warning UNUSED_OUTPUT lints.yaml:4:78",
      "warning UNKNOWN_POOL lints.yaml:4:94",
      "warning SECRET_IN_SCRIPT lints.yaml:5:16",
      "warning ALERT_NEVER_FIRES lints.yaml:6:35",
      "warning TRIGGER_ALWAYS_HOLDS lints.yaml:7:36",
      "warning TRIGGER_WITHOUT_UPSTREAM lints.yaml:8:35",
      "warning NOTIFICATION_TRIGGER lints.yaml:9:48",
      "warning ALERT_SILENCED lints.yaml:10:84",
      "warning ALERT_NEVER_FIRES lints.yaml:11:42",
      "warning TASK_NEVER_RUNS lints.yaml:12:57",
      "warning ALERT_NEVER_FIRES lints.yaml:13:56",
      "warning HOOK_NEVER_FIRES lints.yaml:15:27",
      "warning HOOK_MATCHES_NOTHING lints.yaml:15:53",
    ]);
    expect(code).toBe(0);
    expect(problems.find((each) => each.code === "TRIGGER_WITHOUT_UPSTREAM")?.help).toContain("needs");
    const plain = await home.run(["validate", "lints.yaml"]);
    expect(plain.stdout).toBe('ok: lints.yaml: flow "lints", 10 tasks, 15 warnings\n');
    expect(await home.run(["validate", "lints.yaml", "--strict"])).toMatchObject({ code: 2, stdout: "" });
  });

  it("is told of a flow in code where that is defined", async () => {
    await using home = cliHome();
    home.write("nightly.ts", MODULE);
    expect((await problemsOf(home, "nightly.ts")).shown).toEqual([
      "warning RETRY_BEYOND_TIMEOUT nightly.ts:3:16",
      "warning TRIGGER_WITHOUT_UPSTREAM nightly.ts:3:16",
    ]);
  });

  it("is nothing in the examples", async () => {
    await using home = cliHome();
    const flows = new URL("../../flows/", import.meta.url).pathname;
    const { readdirSync } = await import("node:fs");
    const { problems } = await problemsOf(home, ...readdirSync(flows).map((name) => `${flows}${name}`));
    expect(problems).toEqual([]);
  });
});

describe("a rule of the config that is about no flow", () => {
  const CONFIG = `hooks:
  - { name: gone, match: { flows: [nigthly] }, to: inbox }
  - { name: there, match: { flows: ["night*", other] }, to: inbox }
stateHandlers: { task: [{ uses: slackNotifier, match: { flows: nope } }] }
tasks: { alert: { uses: notify, trigger: any_failed, match: { flows: [never] }, with: { message: x } } }
`;
  const EXPECTED = [
    "warning HOOK_MATCHES_NOTHING flowctl.config.yaml:2:35",
    "warning HOOK_MATCHES_NOTHING flowctl.config.yaml:4:64",
    "warning HOOK_MATCHES_NOTHING flowctl.config.yaml:5:70",
  ];

  it("is told with the nearest name, whichever flow is looked at", async () => {
    await using home = cliHome();
    home.write("flowctl.config.yaml", CONFIG);
    home.write("a.yaml", "tasks: { a: { run: 'true' } }\n");
    home.write("deep/flows/nightly.ts", MODULE);
    const { shown, problems } = await problemsOf(home, "a.yaml");
    expect(shown).toEqual(EXPECTED);
    expect(problems[0]?.help).toBe('did you mean "nightly"?');
  });

  it("is not guessed at where names are made by code", async () => {
    await using home = cliHome();
    home.write("flowctl.config.yaml", CONFIG);
    home.write("a.yaml", "tasks: { a: { run: 'true' } }\n");
    home.write("made.ts", 'import { flow } from "flowctl";\nexport default flow(process.env.NAME ?? "x", () => {});\n');
    expect((await problemsOf(home, "a.yaml")).shown).toEqual([]);
  });
});

describe("what the config adds to a flow", () => {
  it("is checked with it, at its place in the config", async () => {
    await using home = cliHome();
    home.write("a.yaml", "tasks: { build: { run: 'true' } }\n");
    home.write(
      "flowctl.config.yaml",
      `tasks:
  alert:
    uses: notify
    needs: biuld
    trigger: build.faild
    with: { massage: x, message: "\${{ tasks.nope.outputs }} \${{ params.x }}" }
stateHandlers:
  flow: [{ uses: slakNotifier }]
`,
    );
    expect((await problemsOf(home, "a.yaml")).shown).toEqual([
      "error UNKNOWN_TASK flowctl.config.yaml:4:12",
      "error UNKNOWN_NAME flowctl.config.yaml:5:14",
      "error UNKNOWN_INPUT flowctl.config.yaml:6:13",
      "error UNKNOWN_TASK flowctl.config.yaml:6:39",
      "error UNKNOWN_PARAM flowctl.config.yaml:6:65",
      "error UNKNOWN_USES flowctl.config.yaml:8:18",
    ]);
    expect((await home.run(["run", "a.yaml"])).code).toBe(2);
  });
});
