import { describe, expect, it } from "vitest";
import { anyFailed, manualOnly } from "../../src/model/triggers.ts";
import { EndRun, Fail, Loop, Pause, Retry, Skip, Succeed } from "../../src/model/signal.ts";
import { state } from "../../src/model/state.ts";
import { memoryCache } from "../../src/engine/cache-store.ts";
import { SimulatedClock } from "./simulated-clock.ts";
import { edge, graph, node, run, taskStates } from "./rig.ts";

const boom = (): never => {
  throw new Error("boom");
};

describe("a task run", () => {
  it("goes from Pending over Running to Success, with the body's value as its result", async () => {
    const a = node("a", () => 1);
    const { state: reached, taskStates: states, trail } = await run(graph([a]));
    expect(reached.type).toBe("Success");
    expect(states.get(a)).toMatchObject({ type: "Success", result: 1 });
    expect(trail).toEqual(["a: Pending->Running", "a: Running->Success"]);
  });

  it("makes null of a body that returns nothing", async () => {
    const a = node("a", () => undefined);
    expect((await run(graph([a]))).taskStates.get(a)?.result).toBeNull();
  });

  it("hands values to keyed inputs, and errors of failed upstreams too", async () => {
    const error = new Error("boom");
    const a = node("a", () => 2);
    const b = node("b", () => Promise.reject(error));
    const c = node("c", (inputs) => inputs, { trigger: anyFailed });
    const flow = graph([a, b, c], [edge(a, c, { key: "a" }), edge(b, c, { key: "b" })], {
      constants: new Map([[c, { k: 3 }]]),
    });
    expect((await run(flow)).taskStates.get(c)?.result).toEqual({ a: 2, b: error, k: 3 });
  });

  it("fails what is below a failure, and names the task that it follows from", async () => {
    const [a, b, c] = [node("a", boom), node("b"), node("c")];
    const { types, events } = await run(graph([a, b, c], [edge(a, b), edge(b, c)]));
    expect(types).toEqual({ a: "Failed", b: "TriggerFailed", c: "TriggerFailed" });
    expect(
      taskStates(events)
        .map((each) => [each.task, each.causedBy])
        .slice(-2),
    ).toEqual([
      ["b", "a"],
      ["c", "a"],
    ]);
  });

  it("skips what is below a skip before the trigger is asked, unless told otherwise", async () => {
    const a = node("a", () => {
      throw new Skip("nothing to do");
    });
    const b = node("b", boom, { trigger: anyFailed });
    const c = node("c", () => 1, { skipOnUpstreamSkip: false });
    expect((await run(graph([a, b, c], [edge(a, b), edge(a, c)]))).types).toEqual({
      a: "Skipped",
      b: "Skipped",
      c: "Success",
    });
  });

  it("takes its state from a thrown signal", async () => {
    const signals = [new Succeed("ok", { result: 3 }), new Fail("no"), new EndRun(state("Failed", { message: "end" }))];
    const tasks = signals.map((signal, i) =>
      node(
        `t${i}`,
        () => {
          throw signal;
        },
        { retry: { max: i === 2 ? 3 : 0 } },
      ),
    );
    const { taskStates: states } = await run(graph(tasks));
    expect(tasks.map((task) => states.get(task)).map((each) => [each?.type, each?.message])).toEqual([
      ["Success", "ok"],
      ["Failed", "no"],
      ["Failed", "end"],
    ]);
  });

  it("puts its tags into every state it makes", async () => {
    const a = node("a", boom, { tags: ["x"] });
    const { events } = await run(graph([a]));
    expect(taskStates(events).map((each) => each.to.context?.["tags"])).toEqual([["x"], ["x"]]);
  });

  it("goes round as long as Loop is thrown, with the last result, thousands of times", async () => {
    const a = node("a", (_, { loopCount, loopResult }) => {
      if (loopCount > 5000) return loopResult;
      throw new Loop(null, { result: loopCount });
    });
    const { taskStates: states, trail } = await run(graph([a]));
    expect(states.get(a)).toMatchObject({ type: "Success", result: 5000 });
    expect(trail.slice(0, 3)).toEqual(["a: Pending->Running", "a: Running->Looped", "a: Pending->Running"]);
  });

  it("keeps its place in a loop over a retry, and has fresh retries in the next iteration", async () => {
    const seen: string[] = [];
    const a = node(
      "a",
      (_, { loopCount, attempt }) => {
        seen.push(`${loopCount}.${attempt}`);
        if (attempt === 1) throw new Error("once");
        if (loopCount < 3) throw new Loop();
        return "done";
      },
      { retry: { max: 1 } },
    );
    expect((await run(graph([a]))).types).toEqual({ a: "Success" });
    expect(seen).toEqual(["1.1", "1.2", "2.1", "2.2", "3.1", "3.2"]);
  });
});

describe("a pause", () => {
  it("leaves the run Paused when nothing else can happen, and a Resume state goes on", async () => {
    const a = node("a", () => 1, { trigger: manualOnly });
    const b = node("b", () => 2);
    const c = node("c", () => 3);
    const flow = graph([a, b, c], [edge(a, b)]);
    const paused = await run(flow);
    expect([paused.state.type, paused.types]).toEqual(["Paused", { a: "Paused", b: "Pending", c: "Success" }]);
    const resumed = await run(flow, { taskStates: new Map([...paused.taskStates, [a, state("Resume")]]) });
    expect(resumed.state.type).toBe("Success");
    expect(resumed.trail).not.toContain("c: Pending->Running");
  });

  it("with a start time ends by itself", async () => {
    const a = node("a", (_, { resumed }) => {
      if (!resumed) throw new Pause("wait", { startTime: 1_060_000 });
      return "went on";
    });
    const { taskStates: states, clock } = await run(graph([a]));
    expect(states.get(a)?.result).toBe("went on");
    expect(clock.now()).toBe(1_060_000);
  });
});

describe("retries", () => {
  it("run as often as allowed, each announced, and only failures to be retried say so", async () => {
    const a = node("a", boom, { retry: { max: 2, delay: 1000, backoff: 2 } });
    const { trail, events, clock } = await run(graph([a]));
    expect(trail.map((each) => each.slice(3))).toEqual([
      "Pending->Running",
      "Running->Failed",
      "Failed->Retrying",
      "Retrying->Running",
      "Running->Failed",
      "Failed->Retrying",
      "Retrying->Running",
      "Running->Failed",
    ]);
    const failures = taskStates(events).filter((each) => each.to.type === "Failed");
    expect(failures.map((each) => [each.attempt, each.willRetry])).toEqual([
      [1, true],
      [2, true],
      [3, undefined],
    ]);
    expect(clock.now()).toBe(1_003_000);
  });

  it("let everything else go on while they wait", async () => {
    const order: string[] = [];
    const a = node(
      "a",
      (_, { attempt }) => {
        order.push(`a${attempt}`);
        if (attempt === 1) throw new Error("once");
      },
      { retry: { max: 1, delay: 3_600_000 } },
    );
    const b = node("b", () => order.push("b"));
    const c = node("c", () => order.push("c"));
    await run(graph([a, b, c], [edge(b, c)]), { concurrency: 1 });
    expect(order).toEqual(["a1", "b", "c", "a2"]);
  });

  it("are refused for errors that are not of the listed classes", async () => {
    class Special extends RangeError {}
    const a = node("a", boom, { retry: { max: 3, on: [RangeError] } });
    const b = node(
      "b",
      (_, { attempt }) => {
        if (attempt === 1) throw new Special("of a listed class");
      },
      { retry: { max: 3, on: [RangeError] } },
    );
    const { types, trail } = await run(graph([a, b]));
    expect(types).toEqual({ a: "Failed", b: "Success" });
    expect(trail.filter((each) => each === "a: Pending->Running")).toHaveLength(1);
  });

  it("by the Retry signal need no policy, and may name their time", async () => {
    const a = node("a", (_, { attempt }) => {
      if (attempt === 1) throw new Retry("later", { startTime: 1_300_000 });
      return attempt;
    });
    const { taskStates: states, clock } = await run(graph([a]));
    expect([states.get(a)?.result, clock.now()]).toEqual([2, 1_300_000]);
  });
});

describe("a timeout", () => {
  it("ends the wait, aborts the body's signal and drops what comes later", async () => {
    let late: (value: string) => void = () => undefined;
    let aborted: unknown;
    const a = node(
      "a",
      (_, { signal }) => {
        signal.addEventListener("abort", () => {
          aborted = signal.reason;
        });
        return new Promise((resolve) => (late = resolve));
      },
      { timeout: 500 },
    );
    const { taskStates: states, events } = await run(graph([a]));
    late("too late");
    await Promise.resolve();
    expect(states.get(a)).toMatchObject({ type: "TimedOut", result: { name: "TimeoutError" } });
    expect(states.get(a)?.message).toBe("The task did not end within 500ms.");
    expect(aborted).toBe(states.get(a)?.result);
    expect(events.at(-1)).toMatchObject({ type: "run-state", to: { type: "Failed" } });
  });

  it("is a failure and is retried as one", async () => {
    const a = node("a", (_, { attempt }) => (attempt === 1 ? new Promise(() => undefined) : "in time"), {
      timeout: 500,
      retry: { max: 1 },
    });
    expect((await run(graph([a]))).taskStates.get(a)?.result).toBe("in time");
  });
});

describe("a cached task", () => {
  it("is taken from the cache by the next run, as long as it is valid, and not by siblings of its own run", async () => {
    let calls = 0;
    const make = () => node("a", () => ++calls, { cache: { for: 60_000, key: "shared" } });
    const cache = memoryCache();
    const first = await run(graph([make(), node("b", () => ++calls, { cache: { for: 60_000, key: "shared" } })]), {
      cache,
    });
    expect([calls, first.trail.slice(0, 3)]).toEqual([
      2,
      ["a: Pending->Running", "a: Running->Success", "a: Success->Cached"],
    ]);
    const second = await run(graph([make()]), { cache, runId: "second" });
    expect([calls, second.trail]).toEqual([2, ["a: Pending->Cached"]]);
  });

  it("is reused until the millisecond before its result expires, and runs again at that time", async () => {
    const cache = memoryCache();
    let calls = 0;
    const flow = graph([node("a", () => ++calls, { cache: { for: 500 } })]);
    const callsAt = async (start: number): Promise<number> => {
      await run(flow, { cache, runId: `at ${String(start)}`, clock: new SimulatedClock({ start }) });
      return calls;
    };
    expect([await callsAt(1000), await callsAt(1499), await callsAt(1500)]).toEqual([1, 1, 2]);
  });

  it("still needs its trigger to hold", async () => {
    const a = node("a", boom);
    const b = node("b", () => 1, { cache: { for: 60_000 } });
    const cached = state("Cached", { result: 1, expires: null });
    const { types } = await run(graph([a, b], [edge(a, b)]), { taskStates: new Map([[b, cached]]) });
    expect(types["b"]).toBe("TriggerFailed");
  });
});
