import { describe, expect, it } from "vitest";
import { load, run } from "./rig.ts";

const spec = (script: string, outputs: string) =>
  load(`tasks:
  count:
    run: |
      {
${script
  .split("\n")
  .map((line) => `        ${line}`)
  .join("\n")}
      } >> "$FLOWCTL_OUTPUT"
    outputs: ${outputs}
  next: { uses: echo, with: { all: "\${{ tasks.count.outputs }}" } }
`);

describe("declared outputs", () => {
  it("are read as their types; what is not declared stays text", async () => {
    const script =
      "echo rows=3; echo rate=0.5; echo ok=true; echo 'ids=[1,2]'; echo 'who={\"a\":1}'; echo s=007; echo more=5";
    const { flow } = await spec(
      script,
      "{ rows: integer, rate: number, ok: boolean, ids: array, who: object, s: string }",
    );
    expect((await run(flow)).results["next"]).toEqual({
      all: { stdout: "", rows: 3, rate: 0.5, ok: true, ids: [1, 2], who: { a: 1 }, s: "007", more: "5" },
    });
  });

  it("may be of several lines", async () => {
    const { flow } = await spec("echo 'list<<END'; echo '[1,'; echo '2]'; echo END", "{ list: array }");
    expect((await run(flow)).results["next"]).toMatchObject({ all: { list: [1, 2] } });
  });

  it("fail the task that did not write them, or wrote something else, with all that is wrong", async () => {
    const { flow } = await spec("echo rows=many", "{ rows: integer, rate: number }");
    const { states, messages } = await run(flow);
    expect(states).toEqual({ count: "Failed", next: "TriggerFailed" });
    expect(messages["count"]).toContain(
      'its output "rows" must be a whole number, not "many"; it did not write its output "rate" to $FLOWCTL_OUTPUT',
    );
    expect((await run((await spec("true", "rows")).flow)).states["count"]).toBe("Failed");
  });
});
