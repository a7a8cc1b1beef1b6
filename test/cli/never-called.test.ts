import { describe, expect, it } from "vitest";
import { cliHome } from "../rig/cli.ts";

const FLOW = `import { flow, runFlow, shell, task, Task } from "flowctl";
class Load extends Task<{}, number> {
  run() { return 1; }
}
const inner = flow("inner", () => { task("one", () => 1)(); });
const shared = task("shared", () => 1);
export default flow("outer", () => {
  shared();
  shell({ name: "publish", script: "exit 3" });
  task("count", () => 2);
  runFlow(inner);
  new Load({ name: "rows" });
  shell({ name: "made", script: "true" }).create();
  task(({ x }: { x: number }) => x).map;
  task("called", () => 3)();
  task("mapped", ({ x }: { x: number }) => x).map({ x: [1] });
  shared({}, { upstream: [new Load({ name: "input" })] });
});`;
const LINES = [9, 10, 11, 12, 13, 14];

describe("a task that is made and never called while a flow is built", () => {
  it("is warned of with its line by validate", async () => {
    await using home = cliHome();
    home.write("outer.ts", FLOW);
    const { stdout, code } = await home.run(["validate", "outer.ts", "--json"]);
    const { problems } = JSON.parse(stdout) as {
      problems: readonly { code: string; line: number; severity: string }[];
    };
    expect(code).toBe(0);
    expect(problems.map(({ code: id, severity, line }) => [id, severity, line])).toEqual(
      LINES.map((line) => ["TASK_NOT_CALLED", "warning", line]),
    );
  });

  it("is warned of at the start of a run, which goes its way", async () => {
    await using home = cliHome();
    home.write("outer.ts", FLOW);
    const { stderr, code } = await home.run(["run", "outer.ts"]);
    expect(code).toBe(0);
    for (const line of LINES) expect(stderr).toContain(`outer.ts:${String(line)}:`);
    expect(stderr).toContain('"publish" is made inside flow "outer" and never called there');
    expect(stderr).not.toMatch(/"(?:called|mapped|shared|input)"/);
  });

  it("outside a flow's function is no reason for a warning", async () => {
    await using home = cliHome();
    home.write(
      "f.ts",
      'import { flow, shell, task } from "flowctl";\nexport const spare = shell({ name: "spare", script: "true" });\nexport default flow("f", () => { task("a", () => 1)(); });\n',
    );
    expect((await home.run(["validate", "f.ts"])).output).toBe('ok: f.ts: flow "f", 1 task\n');
  });
});
