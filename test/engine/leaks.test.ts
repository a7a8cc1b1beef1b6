import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { describe, expect, it } from "vitest";
import { runFlow } from "../../src/engine/run-flow.ts";
import { systemClock, type Clock } from "../../src/host/clock.ts";
import { edge, graph, node } from "./rig.ts";

/** The real clock, and the timers of it that wait. */
function watchedClock() {
  const clock = systemClock();
  const waiting = new Set<unknown>();
  const watched: Clock = {
    ...clock,
    setTimeout(callback, ms) {
      const timer = clock.setTimeout(() => {
        waiting.delete(timer);
        callback();
      }, ms);
      waiting.add(timer);
      return timer;
    },
    clearTimeout(timer) {
      waiting.delete(timer);
      clock.clearTimeout(timer);
    },
  };
  return { clock: watched, waiting };
}

function collectGarbage(): void {
  setFlagsFromString("--expose-gc");
  (runInNewContext("gc") as () => void)();
}

describe("a thousand runs in one process", () => {
  it("leave no timer and no listener behind", async () => {
    const { clock, waiting } = watchedClock();
    const controller = new AbortController();
    let listeners = 0;
    const signal = new Proxy(controller.signal, {
      get(target, key) {
        if (key === "addEventListener") listeners += 1;
        if (key === "removeEventListener") listeners -= 1;
        const value: unknown = Reflect.get(target, key, target);
        return typeof value === "function" ? (value.bind(target) as unknown) : value;
      },
    });
    const flaky = node(
      "flaky",
      (_, { attempt }) => {
        if (attempt === 1) throw new Error("once");
        return Promise.resolve(1);
      },
      { retry: { max: 1 }, timeout: 60_000 },
    );
    const flow = graph([flaky], [], { timeout: 60_000 });
    for (let i = 0; i < 1000; i++) {
      const { state } = await runFlow(flow, {
        runId: `run-${i}`,
        params: {},
        recorder: { record: () => undefined },
        clock,
        random: () => 0,
        signal,
      });
      expect(state.type).toBe("Success");
    }
    expect([waiting.size, listeners]).toEqual([0, 0]);
  });

  it("keep nothing in memory and nothing of the process busy", async () => {
    const before = process.getActiveResourcesInfo().length;
    const states: WeakRef<object>[] = [];
    for (let i = 0; i < 1000; i++) {
      const list = node("list", () => [1, 2, 3]);
      const work = node("work", () => Promise.resolve({ run: i }), {
        timeout: 60_000,
        stateHandlers: [() => undefined],
      });
      const { taskStates } = await runFlow(graph([list, work], [edge(list, work, { key: "x", mapped: true })]), {
        runId: `run-${i}`,
        params: {},
        recorder: { record: () => undefined },
        clock: systemClock(),
        random: () => 0,
        signal: new AbortController().signal,
      });
      states.push(new WeakRef(taskStates));
    }
    // A reference that was looked at lives on until the turn of the event loop is over.
    await new Promise((resolve) => setImmediate(resolve));
    collectGarbage();
    expect(states.filter((each) => each.deref() !== undefined).length).toBeLessThan(10);
    // The test runner has timers of its own; a run that left one behind would have left a thousand.
    expect(process.getActiveResourcesInfo().length).toBeLessThan(before + 10);
  });
});
