import { describe, expect, it } from "vitest";
import {
  EndRun,
  Skip,
  envSecret,
  flow,
  notifyTask,
  prompt,
  runFlow,
  secretTask,
  sleep,
  slackNotifier,
  state,
  task,
  Flow,
} from "../../src/index.ts";
import { simulate } from "../../src/testing.ts";

const work = task("work", { retry: { max: 3, delay: "1h" } }, () => "done");
const show = task("show", ({ v }: { v: unknown }) => v);

describe("simulate", () => {
  it("passes hours in no time", async () => {
    const made = flow("f", () => void work());
    const run = await simulate(made, { faults: [{ task: "work", attempt: [1, 2] }] });
    expect(run.elapsedMs).toBe(2 * 3_600_000);
    expect(run.resultOf("work")).toBe("done");
    expect(run.transitionsOf("work").filter((each) => each === "Failed->Retrying")).toHaveLength(2);
  });

  it("injects faults by task, attempt and child, signals too", async () => {
    const made = flow("f", () => {
      show.map({ v: [1, 2, 3] });
      work();
    });
    const run = await simulate(made, {
      faults: [
        { task: "show", mapIndex: 1, error: new TypeError("bad row") },
        { task: "work", error: new Skip("not today") },
      ],
    });
    const mapped = run.stateOf("show");
    expect(mapped.type === "Mapped" && mapped.children.map((each) => each.type)).toEqual([
      "Success",
      "Failed",
      "Success",
    ]);
    expect(run.transitionsOf("show", 1)).toEqual(["Pending->Running", "Running->Failed"]);
    expect(run.stateOf("work").type).toBe("Skipped");
  });

  it("records what would be sent, and can refuse it", async () => {
    const made = flow("f", { stateHandlers: [slackNotifier({ onlyStates: ["Failed"] })] }, () => {
      notifyTask({ channel: "team", message: work() });
    });
    const sent = await simulate(made);
    expect(sent.notifications).toMatchObject([{ text: "done", request: { to: "team" }, from: { task: "notify" } }]);
    const refused = await simulate(made, {
      onNotify: () => {
        throw new Error("404");
      },
    });
    expect(refused.stateOf("notify").type).toBe("Failed");
  });

  it("gives the same random numbers for the same seed", async () => {
    const jittered = task("jittered", { retry: { max: 1, delay: "1h", jitter: 1 } }, () => 1);
    const made = flow("f", () => void jittered());
    const elapsed = async (seed: number): Promise<number> =>
      (await simulate(made, { seed, faults: [{ task: "jittered", attempt: 1 }] })).elapsedMs;
    expect(await elapsed(1)).toBe(await elapsed(1));
    expect(await elapsed(1)).not.toBe(await elapsed(2));
  });

  it("refuses wrong flows and parameters before anything runs", async () => {
    const made = new Flow("f");
    const node = work.create();
    made.chain(node, node);
    await expect(simulate(made)).rejects.toThrow("work → work");
    await expect(
      simulate(
        flow("f", () => undefined),
        { params: { x: 1 } },
      ),
    ).rejects.toThrow('no parameter "x"');
  });
});

describe("small tasks", () => {
  it("sleep waits on the run's clock", async () => {
    expect((await simulate(flow("f", () => void sleep({ duration: "5m" })))).elapsedMs).toBe(300_000);
    expect((await simulate(flow("f", () => void sleep({ duration: "soon" as never })))).state.type).toBe("Failed");
  });

  it("prompt pauses where there is nobody to ask", async () => {
    expect((await simulate(flow("f", () => void prompt({ message: "go?" })))).stateOf("prompt")).toMatchObject({
      type: "Paused",
      message: "go?",
    });
  });

  it("runFlow ends as its flow ends", async () => {
    const inner = flow("inner", { params: { fail: { type: "boolean" } } }, ({ fail }) => {
      task("maybe", ({ fail }: { fail: boolean }) => {
        if (fail) throw new Error("inner trouble");
      })({ fail });
    });
    const sub = runFlow(inner);
    const outer = (fail: boolean): Flow => flow("outer", () => void sub({ params: { fail } }));
    expect((await simulate(outer(false))).resultOf("inner")).toBe("Success");
    expect((await simulate(outer(true))).stateOf("inner").message).toBe(
      'flow "inner" ended Failed: maybe: inner trouble',
    );
  });

  it("secretTask takes a name at run time, envSecret casts and may be required", async () => {
    const made = flow("f", () => {
      show({ v: secretTask({ name: "TOKEN" }) });
      show({ v: [envSecret("PORT", { cast: Number }), envSecret("NONE")] }, { name: "env" });
      show({ v: envSecret("NEEDED", { required: true }) }, { name: "needed" });
    });
    expect(made.tasks.find((each) => each.name === "secret")?.secretsFor?.({ name: "TOKEN" }, new Set())).toEqual([
      "TOKEN",
    ]);
    const run = await simulate(made, { secrets: { TOKEN: "s3" }, environment: { PORT: "80" } });
    expect([run.resultOf("show"), run.resultOf("env")]).toEqual(["s3", [80, null]]);
    expect(run.stateOf("NEEDED").message).toContain("environment variable NEEDED is not set");
  });

  it("a signal that a person throws ends the task as it says", async () => {
    const ends = task("ends", { retry: 3 }, () => {
      throw new EndRun(state("Failed", { message: "for good" }));
    });
    const run = await simulate(flow("f", () => void ends()));
    expect(run.transitionsOf("ends")).toEqual(["Pending->Running", "Running->Failed"]);
  });
});
