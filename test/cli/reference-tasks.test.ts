import { describe, expect, it } from "vitest";
import { cliHome, type CliHome } from "../rig/cli.ts";

async function codesOf(home: CliHome, text: string): Promise<readonly string[]> {
  home.write("f.yaml", text);
  const { stdout } = await home.run(["validate", "f.yaml", "--json"]);
  const { problems } = JSON.parse(stdout) as {
    problems: readonly { code: string; line: number; help?: string }[];
  };
  return problems.map(
    ({ code, line, help }) => `${code} ${String(line)} ${/referenceTasks: \[.*?\]/.exec(help ?? "")?.[0] ?? ""}`,
  );
}

const HANDLER = `flow: rollout
tasks:
  ship: { run: "true" }
  undo: { needs: [ship], trigger: any_failed, run: "true" }
`;
const REPORT = `flow: checks
tasks:
  unit: { run: "true" }
  e2e: { run: exit 4 }
  tidy: { needs: [unit, e2e], trigger: all_finished, run: "true" }
`;

describe("validate warns of a task that decides the run's state", () => {
  it("although its trigger does not hold when all goes well", async () => {
    await using home = cliHome();
    expect(await codesOf(home, HANDLER)).toEqual(["REFERENCE_TASK_NOT_RUN 4 referenceTasks: [ship]"]);
  });

  it("and hides the failures before it", async () => {
    await using home = cliHome();
    expect(await codesOf(home, REPORT)).toEqual(["REFERENCE_TASK_HIDES_FAILURE 5 referenceTasks: [unit, e2e]"]);
  });

  it("but not when the flow names its reference tasks, or a failure reaches another one", async () => {
    await using home = cliHome();
    expect(await codesOf(home, `referenceTasks: [ship]\n${HANDLER}`)).toEqual([]);
    expect(await codesOf(home, `referenceTasks: [unit, e2e]\n${REPORT}`)).toEqual([]);
    expect(await codesOf(home, `${REPORT}  after: { needs: [unit, e2e], run: "true" }\n`)).toEqual([]);
  });

  it("in TypeScript, too", async () => {
    await using home = cliHome();
    home.write(
      "f.ts",
      `import { flow, task, triggers } from "flowctl";
const work = task("work", () => 1);
export default flow("f", () => {
  task("page", { trigger: triggers.anyFailed }, () => 1)({}, { upstream: [work()] });
});`,
    );
    const { output, code } = await home.run(["validate", "f.ts"]);
    expect(code).toBe(0);
    expect(output).toContain("REFERENCE_TASK_NOT_RUN");
    expect(output).toContain("referenceTasks");
  });
});

describe("the end of a run that failed only because a reference task did not run", () => {
  const REASON = "Failed because reference task undo did not run (any_failed); set referenceTasks.";

  it("says so, in the summary and in its notification", async () => {
    await using home = cliHome();
    home.write("f.yaml", HANDLER);
    home.write("flowctl.config.yaml", "hooks: [{ name: all, states: [Failed], to: [inbox] }]\n");
    const { output, code } = await home.run(["run", "f.yaml", "--notify"]);
    expect(code).toBe(1);
    expect(output).toContain(REASON);
    expect(home.stateText()).toContain(REASON);
    expect((await home.run(["inbox", "--json"])).stdout).toContain(REASON);
  });

  it("does not say so of a run in which a task failed", async () => {
    await using home = cliHome();
    home.write("f.yaml", `${HANDLER}  last: { needs: [ship], run: exit 3 }\n`);
    const { output, code } = await home.run(["run", "f.yaml"]);
    expect(code).toBe(1);
    expect(output).not.toContain("set referenceTasks");
    expect(home.stateText()).not.toContain("set referenceTasks");
  });
});
