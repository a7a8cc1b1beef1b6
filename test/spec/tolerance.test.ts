import { describe, expect, it } from "vitest";
import { load, run } from "./rig.ts";

const spec = async (tolerate: number | string, more = "") =>
  (
    await load(`tasks:
  each: { foreach: [1, 2, 3, 4], tolerate: ${tolerate}, run: '[ "\${{ item }}" -gt 1 ] && echo got \${{ item }}' ${more} }
  next: { uses: echo, with: { all: "\${{ tasks.each.outputs.map(x, x.stdout) }}" } }
  alert: { uses: echo, trigger: each.failed }
`)
  ).flow;

describe("a foreach that tolerates failed items", () => {
  it("goes on with the others, and the run succeeds", async () => {
    const { state, states, results } = await run(await spec("25%"));
    expect([state.type, states["next"], states["alert"]]).toEqual(["Failed", "Success", "TriggerFailed"]);
    expect(results["next"]).toEqual({ all: ["got 2", "got 3", "got 4"] });
  });

  it("fails when more of them failed, and says how many", async () => {
    for (const tolerate of [0, "24%"]) {
      const { state, states, messages } = await run(await spec(tolerate));
      expect(state.type).toBe("Failed");
      expect(states).toMatchObject({ each: "Failed", next: "TriggerFailed", alert: "Success" });
      expect(messages["each"]).toBe('1 of 4 items of "each" failed, and 0 may');
    }
  });

  it("decides the run by what is tolerated", async () => {
    const { flow } = await load("tasks: { each: { foreach: [1, 2], tolerate: 1, run: '[ ${{ item }} = 2 ]' } }\n");
    const { state } = await run(flow);
    expect(state.type).toBe("Success");
  });

  it("is mapped over as the list of what succeeded", async () => {
    const { flow } = await load(
      `tasks:
  each: { foreach: [1, 2, 3], tolerate: 1, uses: odd, with: { n: "\${{ item }}" } }
  again: { foreach: "\${{ tasks.each.outputs }}", uses: echo, with: { n: "\${{ item }}" } }
  all: { uses: echo, with: { all: "\${{ tasks.again.outputs }}" } }
`,
      {
        tasks: {
          echo: async () => (inputs: unknown) => inputs,
          odd: async () => (inputs: { n: number }) => {
            if (inputs.n === 2) throw new Error("even");
            return inputs.n;
          },
        },
      },
    );
    expect((await run(flow)).results["all"]).toEqual({ all: [{ n: 1 }, { n: 3 }] });
  });

  it("is skipped, or does not run, with what it comes after", async () => {
    const { flow } = await load(`tasks:
  no: { run: "true", if: false }
  bad: { run: exit 3 }
  skipped: { needs: no, foreach: [1], tolerate: 1, run: "true" }
  failed: { needs: bad, foreach: [1], tolerate: 1, run: "true" }
  below: { needs: failed, run: "true" }
`);
    expect((await run(flow)).states).toMatchObject({
      no: "Skipped",
      bad: "Failed",
      skipped: "Skipped",
      failed: "TriggerFailed",
      below: "TriggerFailed",
    });
  });
});
