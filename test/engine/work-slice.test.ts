import { describe, expect, it } from "vitest";
import { Loop } from "../../src/model/signal.ts";
import { SimulatedClock } from "./simulated-clock.ts";
import { edge, graph, node, run } from "./rig.ts";

/** A clock whose time passes only by work, and what happened in which order: `yield` is a turn of the event loop. */
function workClock() {
  const log: string[] = [];
  let worked = 0;
  const clock = Object.assign(new SimulatedClock(), { monotonic: () => worked });
  clock.yield = async () => {
    log.push("yield");
    await new Promise((resolve) => setImmediate(resolve));
  };
  const work = (name: string, ms: number): void => {
    log.push(name);
    worked += ms;
  };
  return { clock, log, work };
}

/** So many tasks, each after the one before. */
function chain(count: number, body: (name: string) => unknown) {
  const tasks = Array.from({ length: count }, (_, i) => node(`t${String(i)}`, () => body(`t${String(i)}`)));
  return graph(
    tasks,
    tasks.slice(1).map((task, i) => edge(tasks[i]!, task)),
  );
}

describe("the event loop during a run", () => {
  it("turns after each task function that takes 10 ms", async () => {
    const { clock, log, work } = workClock();
    await run(
      chain(3, (name) => {
        work(name, 10);
      }),
      { clock },
    );
    expect(log).toEqual(["t0", "yield", "t1", "yield", "t2", "yield"]);
  });

  it("turns when several short task functions have taken 10 ms together", async () => {
    const { clock, log, work } = workClock();
    await run(
      chain(6, (name) => {
        work(name, 4);
      }),
      { clock },
    );
    expect(log).toEqual(["t0", "t1", "t2", "yield", "t3", "t4", "t5", "yield"]);
  });

  it("turns between async task functions that never wait", async () => {
    const { clock, log, work } = workClock();
    await run(
      chain(3, async (name) => {
        work(name, 30);
      }),
      { clock },
    );
    expect(log).toEqual(["t0", "yield", "t1", "yield", "t2", "yield"]);
  });

  it("turns between independent task functions, however many may run at once", async () => {
    const { clock, log, work } = workClock();
    const tasks = ["a", "b"].map((name) =>
      node(name, async () => {
        work(name, 20);
      }),
    );
    await run(graph(tasks), { clock, concurrency: 100 });
    expect(log).toEqual(["a", "yield", "b", "yield"]);
  });

  it("turns between mapped children", async () => {
    const { clock, log, work } = workClock();
    const list = node("list", () => [1, 2, 3]);
    const each = node("each", ({ x }) => {
      work(String(x), 11);
    });
    await run(graph([list, each], [edge(list, each, { mapped: true, key: "x" })]), { clock });
    expect(log).toEqual(["1", "yield", "2", "yield", "3", "yield"]);
  });

  it("turns between the iterations of a loop, sync or async", async () => {
    for (const isAsync of [false, true]) {
      const { clock, log, work } = workClock();
      const iterate = (loopCount: number): void => {
        work(String(loopCount), 15);
        if (loopCount < 3) throw new Loop();
      };
      const task = node("loop", (_, { loopCount }) => {
        if (!isAsync) iterate(loopCount);
        return isAsync ? Promise.resolve(loopCount).then(iterate) : null;
      });
      await run(graph([task]), { clock });
      expect(log.slice(0, 5)).toEqual(["1", "yield", "2", "yield", "3"]);
    }
  });

  it("turns between an attempt and the tasks that run before its retry", async () => {
    const { clock, log, work } = workClock();
    const flaky = node(
      "flaky",
      (_, { attempt }) => {
        work(`attempt ${String(attempt)}`, 12);
        if (attempt < 3) throw new Error("not yet");
      },
      { retry: { max: 2, delay: 0 } },
    );
    const other = node("other", () => {
      work("other", 12);
    });
    await run(graph([flaky, other]), { clock });
    expect(log.filter((each) => each !== "yield")).toHaveLength(4);
    log.forEach((each, i) => {
      if (each !== "yield" && i > 0) expect(log[i - 1]).toBe("yield");
    });
  });

  it("lets a signal cancel the run at the next start of a task", async () => {
    const { clock, work } = workClock();
    const controller = new AbortController();
    const flow = chain(4, (name) => {
      work(name, 10);
      if (name === "t1")
        setImmediate(() => {
          controller.abort();
        });
    });
    const { types } = await run(flow, { clock, signal: controller.signal });
    expect(types).toEqual({ t0: "Success", t1: "Success", t2: "Cancelled", t3: "Cancelled" });
  });
});
