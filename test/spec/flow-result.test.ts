import { describe, expect, it } from "vitest";
import { load, run, shown } from "./rig.ts";

describe("the result of a flow", () => {
  it("is a value with expressions, which the run's last state carries", async () => {
    const { flow } = await load(`params: { date: "2026-01-31" }
tasks:
  load: { run: echo "rows=3" >> "$FLOWCTL_OUTPUT", outputs: { rows: integer } }
  tidy: { run: "true" }
result: { rows: "\${{ tasks.load.outputs.rows }}", of: "sales of \${{ params.date }}" }
`);
    const { state } = await run(flow, { params: { date: "2026-01-31" } });
    expect(state).toMatchObject({ type: "Success", result: { rows: 3, of: "sales of 2026-01-31" } });
  });

  it("is null where what it reads was skipped, and there is none where the run failed", async () => {
    const spec = (run: string) => `tasks:
  a: { run: "true", if: false }
  b: { run: ${run} }
result: "\${{ tasks.a.outputs.stdout }}"
`;
    expect((await run((await load(spec("'true'"))).flow)).state).toMatchObject({ type: "Success", result: null });
    expect((await run((await load(spec("exit 3"))).flow)).state).toMatchObject({ type: "Failed", result: null });
  });

  it("fails the run where it cannot be had", async () => {
    const { flow } = await load("tasks: { a: { run: 'true' } }\nresult: ${{ tasks.a.outputs.rows }}\n");
    const { state, messages } = await run(flow);
    expect(state.type).toBe("Failed");
    expect(messages["result"]).toContain('has no "rows"');
  });

  it("leaves the tasks that decide the run as they are", async () => {
    const { flow } = await load(
      "tasks: { a: { run: 'true' }, b: { run: exit 3 } }\nreferenceTasks: [a]\nresult: ${{ tasks.a.outputs.stdout }}\n",
    );
    expect((await run(flow)).state).toMatchObject({ type: "Success", result: "" });
  });

  it("may not hold a secret", async () => {
    const text = await shown("tasks: { a: { run: 'true' } }\nresult: ${{ secrets.TOKEN }}\n");
    expect(text).toContain("--> flow.yaml:2:13");
    expect(text).toContain("a secret is handed to a task");
  });
});
