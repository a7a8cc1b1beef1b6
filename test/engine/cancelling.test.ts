import { describe, expect, it } from "vitest";
import { SimulatedClock } from "./simulated-clock.ts";
import type { StateOf } from "../../src/model/state.ts";
import type { Task } from "../../src/model/task.ts";
import { allFinished } from "../../src/model/triggers.ts";
import { edge, graph, node, run } from "./rig.ts";

const forever = (): Promise<never> => new Promise(() => undefined);

describe("cancelling a run", () => {
  it("aborts what runs, takes everything else to Cancelled through its handlers, and keeps what is done", async () => {
    const controller = new AbortController();
    const seen: string[] = [];
    const a = node("a", () => 1);
    const b = node(
      "b",
      (_, { signal }) =>
        new Promise((_resolve, reject) => {
          signal.addEventListener("abort", () => {
            reject(signal.reason as Error);
          });
          controller.abort();
        }),
      {
        stateHandlers: [
          (_task, from, to) => {
            seen.push(`${from.type}->${to.type}`);
          },
        ],
      },
    );
    const c = node("c");
    const { state, types } = await run(graph([a, b, c], [edge(a, b), edge(b, c)]), { signal: controller.signal });
    expect([state.type, types]).toEqual(["Cancelled", { a: "Success", b: "Cancelled", c: "Cancelled" }]);
    expect(seen).toEqual(["Pending->Running", "Running->Cancelled"]);
  });

  it("waits for a body that does not listen no longer than the grace", async () => {
    const controller = new AbortController();
    const a = node("a", () => (controller.abort(), forever()));
    const { types, clock } = await run(graph([a]), { signal: controller.signal, graceMs: 3000 });
    expect([types["a"], clock.now()]).toEqual(["Cancelled", 1_003_000]);
  });

  it("cuts off a state handler that hangs", async () => {
    const controller = new AbortController();
    const a = node("a", () => (controller.abort(), forever()), {
      stateHandlers: [(_task, _from, to) => (to.type === "Cancelled" ? forever() : undefined)],
    });
    const flow = graph([a], [], {
      stateHandlers: [(_flow, _from, to) => (to.type === "Cancelled" ? forever() : undefined)],
    });
    const { state, types, clock } = await run(flow, { signal: controller.signal, graceMs: 1000 });
    expect([state.type, types["a"], clock.now()]).toEqual(["Cancelled", "Cancelled", 1_003_500]);
  });

  it("records nothing of a task after the run has ended, when its state handler ends late", async () => {
    const controller = new AbortController();
    let release = (): void => undefined;
    const held = new Promise<void>((resolve) => (release = resolve));
    const a = node("a", () => (controller.abort(), forever()), {
      stateHandlers: [(_task, _from, to) => (to.type === "Cancelled" ? held : undefined)],
    });
    const { clock, events } = await run(graph([a]), { signal: controller.signal, graceMs: 1000 });
    const count = events.length;
    expect(events.at(-1)).toMatchObject({ type: "run-state", to: { type: "Cancelled" } });
    release();
    await clock.yield();
    expect(events.slice(count)).toEqual([]);
  });

  it("reaches a body that ended the run itself", async () => {
    const controller = new AbortController();
    const a = node("a", (_, { signal }) => {
      controller.abort();
      return new Promise((resolve) => {
        signal.addEventListener("abort", resolve);
      });
    });
    const { types, clock } = await run(graph([a]), { signal: controller.signal });
    expect([types["a"], clock.now()]).toEqual(["Cancelled", 1_000_000]);
  });

  it("ends the wait for a retry", async () => {
    const controller = new AbortController();
    const a = node(
      "a",
      () => {
        setImmediate(() => {
          controller.abort();
        });
        throw new Error("no");
      },
      { retry: { max: 3, delay: 3_600_000 } },
    );
    const clock = new SimulatedClock({ automatic: false });
    const { types } = await run(graph([a]), { signal: controller.signal, clock });
    expect([types["a"], clock.pending]).toEqual(["Cancelled", 0]);
  });

  it("still lets clean-up run", async () => {
    const controller = new AbortController();
    const setup = node("setup", () => "handle", { kind: "resource" });
    const work = node("work", () => (controller.abort(), forever()));
    const cleanup = node("cleanup", () => "cleaned", { kind: "cleanup", trigger: allFinished });
    const { types } = await run(
      graph([setup, work, cleanup], [edge(setup, work), edge(work, cleanup), edge(setup, cleanup)]),
      {
        signal: controller.signal,
      },
    );
    expect(types).toEqual({ setup: "Success", work: "Cancelled", cleanup: "Success" });
  });

  it("before the start runs nothing", async () => {
    const a = node("a", () => {
      throw new Error("ran");
    });
    const { state, types } = await run(graph([a]), { signal: AbortSignal.abort() });
    expect([state.type, types["a"]]).toEqual(["Cancelled", "Cancelled"]);
  });

  it("reaches every child of a map, under way or not", async () => {
    const controller = new AbortController();
    const list = node("list", () => [1, 2, 3]);
    const work = node("work", ({ x }) => (x === 2 ? (controller.abort(), forever()) : x));
    const below = node("below");
    const { taskStates } = await run(
      graph(
        [list, work, below],
        [edge(list, work, { key: "x", mapped: true }), edge(work, below, { key: "x", mapped: true })],
      ),
      { signal: controller.signal, concurrency: 1 },
    );
    const typesOf = (task: Task) => (taskStates.get(task) as StateOf<"Mapped">).children.map((each) => each.type);
    expect(typesOf(work)).toEqual(["Success", "Cancelled", "Cancelled"]);
    expect(typesOf(below)).toEqual(["Success", "Cancelled", "Cancelled"]);
  });

  it("by the flow's own time ends TimedOut", async () => {
    const { state, types } = await run(graph([node("a", forever)], [], { timeout: 1000 }));
    expect([state.type, types["a"]]).toEqual(["TimedOut", "Cancelled"]);
    expect(state.message).toBe("The run did not end within 1s.");
  });

  it("has no limit where the flow's own time is 0", async () => {
    let calls = 0;
    const body = () => {
      calls += 1;
      if (calls === 1) throw new Error("once");
    };
    const { state } = await run(graph([node("a", body, { retry: { max: 1, delay: 1000 } })], [], { timeout: 0 }));
    expect([state.type, calls]).toEqual(["Success", 2]);
  });
});
