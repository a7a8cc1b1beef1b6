import { describe, expect, it } from "vitest";
import {
  applyMap,
  flow,
  ifElse,
  merge,
  resource,
  switchOn,
  task,
  triggers,
  unmapped,
  when,
  Skip,
} from "../../src/index.ts";
import { simulate, type Simulation } from "../../src/testing.ts";

const give = task("give", ({ v }: { v: unknown }) => v);
const a = task("a", () => "a");
const b = task("b", () => "b");
const after = task("after", ({ v }: { v: unknown }) => v);

const types = (run: Simulation, ...names: readonly string[]): readonly string[] =>
  names.map((name) => run.stateOf(name).type);

describe("branches", () => {
  it("run when the value is the one given, and are skipped with all below when not", async () => {
    const made = flow("f", () => {
      const value = give({ v: { k: [1] } });
      when(value, { k: [1] }, () => after({ v: a() }));
      when(value, "1", () => after({ v: b() }, { name: "not" }));
    });
    expect(types(await simulate(made), "a", "after", "b", "not")).toEqual(["Success", "Success", "Skipped", "Skipped"]);
  });

  it("gate only tasks with nothing above them in the block, and add nothing when empty", () => {
    const made = flow("f", () => {
      const value = give({ v: 1 });
      when(value, 1, () => after({ v: [a(), value] }));
      when(value, 2, () => undefined);
    });
    const gated = made.edges.filter((edge) => edge.from.name.startsWith("case")).map((edge) => edge.to.name);
    expect(gated).toEqual(["a"]);
  });

  it("gate a task that only uses a field of something outside", async () => {
    const made = flow("f", () => {
      const value = give({ v: { x: 1 } }) as unknown as { x: never };
      when(value.x, 2, () => after({ v: value.x }));
      give({ v: value.x }, { name: "outside" });
    });
    expect(types(await simulate(made), "after", "outside")).toEqual(["Skipped", "Success"]);
  });

  it("nest", async () => {
    const made = flow("f", () => {
      const value = give({ v: 1 });
      when(value, 2, () => {
        when(value, 1, () => a());
      });
    });
    expect(types(await simulate(made), "a")).toEqual(["Skipped"]);
  });

  it("join in a merge: the first that ran, in the order given, also above nine", async () => {
    const made = flow("f", () => {
      const value = give({ v: 11 });
      const branches = Array.from({ length: 12 }, (_, index) =>
        when(value, index, () => give({ v: `branch ${index}` }, { name: `n${index}` })),
      );
      after({ v: merge(...branches) });
    });
    expect((await simulate(made)).resultOf("after")).toBe("branch 11");
    const both = flow("f", () => {
      const [second, tenth] = [give({ v: "2" }), give({ v: "10" })];
      const empty = give({ v: null });
      after({ v: merge(empty, second, empty, empty, empty, empty, empty, empty, empty, tenth) });
    });
    expect((await simulate(both)).resultOf("after")).toBe("2");
  });

  it("leave a merge skipped when none ran, and failed when one failed", async () => {
    const fails = task("fails", () => {
      throw new Error("no");
    });
    const made = flow("f", () => {
      const value = give({ v: 1 });
      after({
        v: merge(
          when(value, 2, () => a()),
          when(value, 3, () => b()),
        ),
      });
      after(
        {
          v: merge(
            when(value, 1, () => fails()),
            when(value, 3, () => b()),
          ),
        },
        { name: "after-failed" },
      );
    });
    expect(types(await simulate(made), "after", "after-failed")).toEqual(["Skipped", "TriggerFailed"]);
  });

  it("are chosen by name with switchOn, and by truth with ifElse", async () => {
    const made = flow("f", () => {
      const chosen = switchOn(give({ v: 2 }), { 1: () => a(), 2: () => b() });
      after({ v: merge(chosen[1], chosen[2]) });
      const [yes, no] = ifElse(
        give({ v: "" }),
        () => give({ v: "yes" }, { name: "yes" }),
        () => give({ v: "no" }, { name: "no" }),
      );
      after({ v: merge(yes, no) }, { name: "after-if" });
    });
    const run = await simulate(made);
    expect([run.resultOf("after"), run.resultOf("after-if")]).toEqual(["b", "no"]);
    expect(types(run, "yes")).toEqual(["Skipped"]);
  });
});

describe("applyMap", () => {
  it("maps a piece of a flow, branches and all", async () => {
    const isBig = task("is-big", ({ n, than }: { n: number; than: number }) => n > than);
    const big = task("big", ({ n }: { n: number }) => `big ${n}`);
    const small = task("small", ({ n }: { n: number }) => `small ${n}`);
    const made = flow("f", () => {
      const results = applyMap(
        ({ item, than }) => {
          const check = isBig({ n: item.n, than });
          return merge(
            when(check, true, () => big({ n: item.n })),
            when(check, false, () => small({ n: item.n })),
          );
        },
        { item: [{ n: 1 }, { n: 9 }], than: unmapped(5) },
      );
      after({ v: results });
    });
    const run = await simulate(made);
    expect(run.resultOf("after")).toEqual(["small 1", "big 9"]);
    expect(run.state.type).toBe("Success");
  });

  it("runs tasks that use no element once for each", async () => {
    let calls = 0;
    const tick = task("tick", () => (calls += 1));
    const list = task("list", () => [1, 2, 3]);
    await simulate(flow("f", () => void applyMap(() => tick(), { n: list() })));
    expect(calls).toBe(3);
  });
});

describe("a resource", () => {
  const trial = async (
    setup: () => string,
    use: () => unknown,
  ): Promise<{ run: Simulation; log: readonly string[] }> => {
    const log: string[] = [];
    const database = resource("db", { setup, cleanup: (db) => log.push(`closed ${db}`) });
    const query = task("query", ({ db }: { db: string }) => {
      log.push(`used ${db}`);
      return use();
    });
    const run = await simulate(
      flow("f", () => {
        database({}, (db) => {
          query({ db });
          after({ v: 1 }, { name: "also-inside" });
        });
      }),
    );
    return { run, log };
  };

  it("is cleaned up after its users, even when they failed, and decides nothing", async () => {
    const { run, log } = await trial(
      () => "main",
      () => {
        throw new Error("broken");
      },
    );
    expect(log).toEqual(["used main", "closed main"]);
    expect(types(run, "query", "db.cleanup")).toEqual(["Failed", "Success"]);
    expect(run.state.type).toBe("Failed");
  });

  it("is not cleaned up when it was not set up", async () => {
    const failed = await trial(
      () => {
        throw new Error("no database");
      },
      () => 1,
    );
    expect(failed.log).toEqual([]);
    expect(types(failed.run, "also-inside", "db.cleanup")).toEqual(["TriggerFailed", "Skipped"]);
    const skipped = await trial(
      () => {
        throw new Skip("not today");
      },
      () => 1,
    );
    expect(types(skipped.run, "query", "db.cleanup")).toEqual(["Skipped", "Skipped"]);
  });
});

describe("a notification after a branch", () => {
  it("still tells of a failure when another branch was skipped", async () => {
    const fails = task("fails", () => {
      throw new Error("no");
    });
    const { notifyTask } = await import("../../src/index.ts");
    const run = await simulate(
      flow("f", () => {
        const skipped = when(give({ v: 1 }), 2, () => a());
        notifyTask({ message: fails() }, { upstream: [skipped], trigger: triggers.anyFailed });
      }),
    );
    expect(run.notifications.map((each) => each.text)).toEqual(["fails failed: no"]);
  });
});
