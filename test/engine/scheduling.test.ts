import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { SimulatedClock } from "./simulated-clock.ts";
import { edge, graph, node, run } from "./rig.ts";

/** Tasks that take a second of the clock each, and what ran beside what. */
function crowd() {
  const clock = new SimulatedClock();
  const running = new Set<string>();
  const most: Record<string, number> = {};
  const order: string[] = [];
  const body =
    (name: string, group = name) =>
    async () => {
      order.push(name);
      running.add(`${group} ${name}`);
      for (const of of ["", group]) {
        const now = [...running].filter((each) => each.startsWith(of)).length;
        most[of] = Math.max(most[of] ?? 0, now);
      }
      await clock.sleep(1000);
      running.delete(`${group} ${name}`);
    };
  return { clock, most, order, body };
}

describe("the order in which tasks run", () => {
  it("keeps to the limit of the run", async () => {
    const { clock, most, body } = crowd();
    const tasks = ["a", "b", "c", "d", "e"].map((name) => node(name, body(name)));
    await run(graph(tasks), { clock, concurrency: 2 });
    expect([most[""], clock.now()]).toEqual([2, 3000]);
  });

  it("keeps to the limits of pools and tags, and holds up nobody else", async () => {
    const { clock, most, order, body } = crowd();
    const tasks = [
      node("db1", body("db1", "db"), { pool: "db" }),
      node("db2", body("db2", "db"), { pool: "db" }),
      node("gpu1", body("gpu1", "gpu"), { tags: ["gpu"] }),
      node("gpu2", body("gpu2", "gpu"), { tags: ["gpu"] }),
      node("free", body("free")),
    ];
    await run(graph(tasks, [], { pools: { db: 1 } }), { clock, pools: { "tag:gpu": 1 } });
    expect(most).toMatchObject({ db: 1, gpu: 1, "": 3 });
    expect(order).toEqual(["db1", "gpu1", "free", "db2", "gpu2"]);
  });

  it("does not keep a place in one pool empty for a task that waits for another", async () => {
    const { clock, order, body } = crowd();
    const after = (name: string, ms: number) => async () => {
      order.push(name);
      await clock.sleep(ms);
    };
    const tasks = [
      node("holds gpu", after("holds gpu", 5000), { tags: ["gpu"] }),
      node("holds db", after("holds db", 1000), { pool: "db" }),
      node("needs both", body("needs both"), { pool: "db", tags: ["gpu"] }),
      node("needs db", body("needs db"), { pool: "db" }),
    ];
    await run(graph(tasks, [], { pools: { db: 1, "tag:gpu": 1 } }), { clock });
    expect(order).toEqual(["holds gpu", "holds db", "needs db", "needs both"]);
    expect(clock.now()).toBe(6000);
  });

  it("runs every task of any pools and priorities, and none beyond a limit", async () => {
    const pool = fc.constantFrom("a", "b", undefined);
    const one = fc.record({ pool, tags: fc.subarray(["x", "y"]), priority: fc.integer({ min: -1, max: 1 }) });
    const limit = fc.integer({ min: 1, max: 2 });
    const limits = fc.record({ a: limit, b: limit, "tag:x": limit, "tag:y": limit });
    await fc.assert(
      fc.asyncProperty(fc.array(one, { maxLength: 12 }), limits, fc.boolean(), async (all, pools, isMapped) => {
        const clock = new SimulatedClock();
        const used: Record<string, number> = {};
        const list = node("list", () => [1, 2, 3]);
        const tasks = all.map(({ pool: own, tags, priority }, i) =>
          node(
            `t${i}`,
            async () => {
              const taken = [...(own === undefined ? [] : [own]), ...tags.map((tag) => `tag:${tag}`)];
              for (const each of taken) {
                used[each] = (used[each] ?? 0) + 1;
                expect(used[each]).toBeLessThanOrEqual(pools[each as "a"]);
              }
              await clock.sleep(10 + (i % 3));
              for (const each of taken) used[each] = (used[each] ?? 0) - 1;
            },
            { pool: own, tags, priority },
          ),
        );
        const edges = isMapped ? tasks.map((each) => edge(list, each, { key: "x", mapped: true })) : [];
        const { state: reached } = await run(graph([list, ...tasks], edges, { pools }), { clock, concurrency: 8 });
        expect(reached.type).toBe("Success");
      }),
    );
  });

  it("puts higher priorities first where tasks have to wait, and else comes first who came first", async () => {
    const { clock, order, body } = crowd();
    const tasks = [
      node("a", body("a")),
      node("b", body("b")),
      node("high", body("high"), { priority: 5 }),
      node("low", body("low"), { priority: -1 }),
    ];
    await run(graph(tasks), { clock, concurrency: 1 });
    expect(order).toEqual(["high", "a", "b", "low"]);
  });

  it("starts tasks that are due at one time in the order of the flow, whichever began to wait first", async () => {
    const clock = new SimulatedClock();
    const order: string[] = [];
    const tasks = [40, 30, 20, 10].map((ms, i) =>
      node(
        `t${String(i)}`,
        async (_, { attempt }) => {
          if (attempt > 1) return void order.push(`t${String(i)}`);
          await clock.sleep(ms);
          throw new Error("no rows");
        },
        { retry: { max: 1, delay: 100 - ms } },
      ),
    );
    await run(graph(tasks), { clock });
    expect([order, clock.now()]).toEqual([["t0", "t1", "t2", "t3"], 100]);
  });

  it("lets the rest of the process in during long work", async () => {
    let yields = 0;
    let now = 0;
    const clock = Object.assign(new SimulatedClock(), { monotonic: () => (now += 1) });
    clock.yield = async () => {
      yields += 1;
    };
    await run(graph(Array.from({ length: 3200 }, (_, i) => node(`t${i}`))), { clock });
    expect(yields).toBeGreaterThan(5);
  });

  it("refuses a cycle and an edge to a stranger by name", async () => {
    const [a, b, c] = [node("a"), node("b"), node("c")];
    await expect(run(graph([a, b, c], [edge(a, b), edge(b, a), edge(b, c)]))).rejects.toThrow(/"a", "b"/);
    await expect(run(graph([a], [edge(a, b)]))).rejects.toThrow(/"b", which is not in it/);
  });

  it("waits where the recorder needs something to be safe, and fails with a recorder that fails", async () => {
    const order: string[] = [];
    const a = node("a", () => order.push("body"));
    await run(graph([a]), {
      recorder: {
        async record(event) {
          await Promise.resolve();
          order.push(event.type);
        },
      },
    });
    expect(order).toEqual(["run-started", "run-state", "task-state", "body", "task-state", "run-state"]);
    await expect(
      run(graph([a]), {
        recorder: {
          record(event) {
            if (event.type === "task-state") throw new Error("disk full");
          },
        },
      }),
    ).rejects.toThrow("disk full");
  });
});

describe("reference tasks", () => {
  const boom = (): never => {
    throw new Error("boom");
  };
  const alertOf = { kind: "notification", trigger: () => false } as const;

  it("leave out notification and clean-up tasks, and plumbing that serves only them", async () => {
    const work = node("work");
    const text = node("text", boom, { kind: "secret" });
    const alert = node("alert", boom, alertOf);
    const cleanup = node("cleanup", boom, { kind: "cleanup" });
    const flow = graph([work, text, alert, cleanup], [edge(work, alert), edge(text, alert), edge(work, cleanup)]);
    expect((await run(flow)).state.type).toBe("Success");
  });

  it("are the notification tasks in a flow of nothing else", async () => {
    expect((await run(graph([node("alert", boom, { kind: "notification" })]))).state.type).toBe("Failed");
  });

  it("are those that were chosen", async () => {
    const [a, b] = [node("a"), node("b", boom)];
    expect((await run(graph([a, b], [edge(a, b)], { chosenReferenceTasks: [a] }))).state.type).toBe("Success");
  });
});
