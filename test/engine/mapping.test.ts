import { describe, expect, it } from "vitest";
import { allFinished, anyFailed } from "../../src/model/triggers.ts";
import { Skip } from "../../src/model/signal.ts";
import { state, type State, type StateOf } from "../../src/model/state.ts";
import { edge, graph, node, run } from "./rig.ts";

const x = { key: "x", mapped: true };

describe("a mapped task", () => {
  it("has a child for each element, and its result is the list of theirs", async () => {
    const list = node("list", () => [1, 0, 2]);
    const invert = node("invert", ({ x: value }) => {
      if (value === 0) throw new RangeError("zero");
      return 10 / (value as number);
    });
    const sum = node("sum", ({ all }) => all, { trigger: allFinished });
    const {
      taskStates,
      state: reached,
      trail,
    } = await run(graph([list, invert, sum], [edge(list, invert, x), edge(invert, sum, { key: "all" })]));
    const mapped = taskStates.get(invert) as StateOf<"Mapped">;
    expect(mapped.children.map((each) => each.type)).toEqual(["Success", "Failed", "Success"]);
    expect(taskStates.get(sum)?.result).toEqual([10, expect.any(RangeError), 5]);
    expect(reached.type).toBe("Success");
    expect(trail).toContain("invert: Pending->Mapped");
    expect(trail).toContain("invert[1]: Running->Failed");
  });

  it("is as wide as its shortest input, empty for an empty one, and Failed for what is no list", async () => {
    const [three, two, none, number] = [
      node("three", () => [1, 2, 3]),
      node("two", () => ["a", "b"]),
      node("none", () => []),
      node("number", () => 7),
    ];
    const pair = node("pair", (inputs) => inputs);
    const empty = node("empty", () => 1);
    const wrong = node("wrong", () => 1);
    const { taskStates, types } = await run(
      graph(
        [three, two, none, number, pair, empty, wrong],
        [
          edge(three, pair, x),
          edge(two, pair, { key: "y", mapped: true }),
          edge(none, empty, x),
          edge(number, wrong, x),
        ],
      ),
    );
    expect(taskStates.get(pair)?.result).toEqual([
      { x: 1, y: "a" },
      { x: 2, y: "b" },
    ]);
    expect(taskStates.get(empty)).toMatchObject({ type: "Mapped", children: [], result: [] });
    expect(taskStates.get(wrong)?.message).toMatch(
      /^The result of "number" is a number, and only a list can be mapped over: return a list from "number"\.$/,
    );
    expect(types["wrong"]).toBe("Failed");
  });

  it("gives every child the whole of an input that is not mapped, and joins what is flattened", async () => {
    const lists = node("lists", () => [[1, 2], [3]]);
    const whole = node("whole", () => [7, 8]);
    const child = node("child", (inputs) => inputs);
    const { taskStates } = await run(
      graph([lists, whole, child], [edge(lists, child, { ...x, flattened: true }), edge(whole, child, { key: "w" })]),
    );
    expect(taskStates.get(child)?.result).toEqual([1, 2, 3].map((value) => ({ x: value, w: [7, 8] })));
  });

  it("says how many children there will be, once, before the first of them starts", async () => {
    const list = node("list", () => [1, 2, 3]);
    const child = node("child", ({ x: value }) => value);
    const { events } = await run(graph([list, child], [edge(list, child, x)]));
    const told = events.filter((event) => event.type === "task-mapped");
    expect(told).toMatchObject([{ task: "child", width: 3 }]);
    const first = events.find((event) => event.type === "task-state" && event.mapIndex !== undefined);
    expect(first?.seq).toBeGreaterThan(told[0]!.seq);
  });

  it("flattens the lists that the children of another map return", async () => {
    const list = node("list", () => [1, 2]);
    const twice = node("twice", ({ x: value }) => [value, value]);
    const child = node("child", ({ x: value }) => value);
    const { taskStates } = await run(
      graph([list, twice, child], [edge(list, twice, x), edge(twice, child, { ...x, flattened: true })]),
    );
    expect(taskStates.get(child)?.result).toEqual([1, 1, 2, 2]);
  });

  it("over another pairs child with child, and goes depth first", async () => {
    const order: string[] = [];
    const list = node("list", () => [1, 2, 3]);
    const first = node("first", ({ x: value }) => (order.push(`first ${String(value)}`), value));
    const second = node("second", ({ x: value }) => order.push(`second ${String(value)}`));
    await run(graph([list, first, second], [edge(list, first, x), edge(first, second, x)]), { concurrency: 1 });
    expect(order).toEqual(["first 1", "second 1", "first 2", "second 2", "first 3", "second 3"]);
  });

  it("retries a child alone, skips alone, and lets only the failing index through any_failed", async () => {
    const calls: string[] = [];
    const list = node("list", () => ["ok", "flaky", "skip", "bad"]);
    const work = node(
      "work",
      ({ x: value }, { attempt }) => {
        calls.push(`${String(value)} ${attempt}`);
        if (value === "skip") throw new Skip("none");
        if (value === "bad" || (value === "flaky" && attempt === 1)) throw new Error("sick");
        return value;
      },
      { retry: { max: 1, delay: 1000 } },
    );
    const clean = node("clean", ({ x: value }) => (value as Error).message, { trigger: anyFailed });
    const { taskStates } = await run(graph([list, work, clean], [edge(list, work, x), edge(work, clean, x)]));
    expect(calls).toEqual(["ok 1", "flaky 1", "skip 1", "bad 1", "flaky 2", "bad 2"]);
    const types = (taskStates.get(clean) as StateOf<"Mapped">).children.map((each) => each.type);
    expect(types).toEqual(["TriggerFailed", "TriggerFailed", "Skipped", "Success"]);
  });

  it("tells its handlers which child it is", async () => {
    const seen: string[] = [];
    const list = node("list", () => [1, 2]);
    const work = node("work", () => 1, {
      stateHandlers: [
        (_task, _from, to, { taskName, mapIndex }) => {
          seen.push(`${taskName ?? ""} ${mapIndex ?? "-"} ${to.type}`);
        },
      ],
    });
    await run(graph([list, work], [edge(list, work, x)]), { concurrency: 1 });
    expect(seen).toEqual([
      "work - Mapped",
      "work[0] 0 Running",
      "work[0] 0 Success",
      "work[1] 1 Running",
      "work[1] 1 Success",
    ]);
  });

  it("over nothing that succeeded fails; one without a result gives no children, an error limits nothing", async () => {
    const list = node("list", () => [1, 2, 3]);
    const failed = node("failed", () => {
      throw new Error("no");
    });
    const alone = node("alone", () => 1);
    const both = node("both", (inputs) => Object.keys(inputs), { trigger: allFinished });
    const { taskStates, events } = await run(
      graph(
        [list, failed, alone, both],
        [edge(failed, alone, x), edge(list, both, x), edge(failed, both, { key: "y", mapped: true })],
      ),
    );
    expect(taskStates.get(alone)).toMatchObject({ type: "Failed", message: "No upstream states can be mapped over." });
    expect(events.findLast((each) => each.type === "task-state" && each.task === "alone")).toMatchObject({
      causedBy: "failed",
    });
    expect((taskStates.get(both) as StateOf<"Mapped">).children).toHaveLength(3);
  });

  it("replaced by a state handler runs those children that need not wait for a retry, and nobody sees their states", async () => {
    const calls: unknown[] = [];
    const list = node("list", () => [1, 2, 3]);
    const first = node(
      "first",
      ({ x: value }, { attempt }) => {
        if (value === 2 && attempt === 1) throw new Error("once");
        return value;
      },
      { retry: { max: 1 } },
    );
    const replace = (_task: unknown, _from: unknown, to: State) =>
      to.type === "Mapped" ? state("Success", { result: "mine" }) : undefined;
    const second = node("second", ({ x: value }) => calls.push(value), { stateHandlers: [replace] });
    const { taskStates } = await run(graph([list, first, second], [edge(list, first, x), edge(first, second, x)]));
    expect(calls).toEqual([1, 3]);
    expect(taskStates.get(second)).toMatchObject({ type: "Success", result: "mine" });
  });

  it("goes on from the children of an earlier run", async () => {
    let heal = false;
    const calls: unknown[] = [];
    const list = node("list", () => [1, 2, 3]);
    const work = node("work", ({ x: value }) => {
      calls.push(value);
      if (value === 2 && !heal) throw new Error("sick");
      return value;
    });
    const flow = graph([list, work], [edge(list, work, x)]);
    const first = await run(flow);
    heal = true;
    const mapped = first.taskStates.get(work) as StateOf<"Mapped">;
    const again = {
      ...mapped,
      children: mapped.children.map((each) => (each.type === "Success" ? each : state("Pending"))),
    };
    const second = await run(flow, { taskStates: new Map([...first.taskStates, [work, again]]) });
    expect([calls, second.taskStates.get(work)?.result]).toEqual([
      [1, 2, 3, 2],
      [1, 2, 3],
    ]);
  });

  it("of 100,000 children, mapped over again, holds no more in hand than may run at a time", async () => {
    const size = 100_000;
    const concurrency = 4;
    /** Made by the first map and not yet used up by the second. */
    let inHand = 0;
    let most = 0;
    let running = 0;
    let mostRunning = 0;
    const beside = async <T>(value: T): Promise<T> => {
      running += 1;
      mostRunning = Math.max(mostRunning, running);
      await Promise.resolve();
      running -= 1;
      return value;
    };
    const list = node("list", () => new Array<number>(size).fill(0));
    const first = node("first", () => {
      inHand += 1;
      most = Math.max(most, inHand);
      return beside(1);
    });
    const second = node("second", ({ x: value }) => {
      inHand -= 1;
      return beside(value);
    });
    const count = node("count", ({ all }) => (all as number[]).length);
    const { taskStates } = await run(
      graph(
        [list, first, second, count],
        [edge(list, first, x), edge(first, second, x), edge(second, count, { key: "all" })],
      ),
      { concurrency, recorder: { record: () => undefined } },
    );
    expect(taskStates.get(count)?.result).toBe(size);
    expect(mostRunning).toBe(concurrency);
    expect(most).toBeLessThanOrEqual(2 * concurrency);
    expect(inHand).toBe(0);
  });
});
