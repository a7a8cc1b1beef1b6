import { describe, expect, it } from "vitest";
import { state, type State } from "../../src/model/state.ts";
import type { Task } from "../../src/model/task.ts";
import { edge, graph, node, run, taskStates } from "./rig.ts";

const done = (result: unknown): State => state("Success", { result });

describe("a run that starts from states", () => {
  it("runs what is left of a chain of which the first tasks are done", async () => {
    const ran: string[] = [];
    const body = (inputs: Record<string, unknown>): unknown => {
      ran.push(JSON.stringify(inputs));
      return 1;
    };
    const [a, b, c, d] = ["a", "b", "c", "d"].map((name) => node(name, body)) as [Task, Task, Task, Task];
    const flow = graph([a, b, c, d], [edge(a, b), edge(b, c, { key: "x" }), edge(c, d)]);
    const start = new Map([
      [a, done(1)],
      [b, done(7)],
    ]);
    const { types, state: end } = await run(flow, { taskStates: start });
    expect([end.type, types]).toEqual(["Success", { a: "Success", b: "Success", c: "Success", d: "Success" }]);
    expect(ran).toEqual(['{"x":7}', "{}"]);
  });

  it("runs only the children of a map that are not done, and hands all on in order", async () => {
    const ran: unknown[] = [];
    const list = node("list", () => [1, 2, 3]);
    const half = node("half", ({ n }) => {
      ran.push(n);
      return (n as number) / 2;
    });
    const all = node("all", ({ ns }) => ns);
    const flow = graph(
      [list, half, all],
      [edge(list, half, { key: "n", mapped: true }), edge(half, all, { key: "ns" })],
    );
    const start = new Map<Task, State>([
      [list, done([1, 2, 3])],
      [half, state("Mapped", { children: [done(0.5), state("Pending"), done(1.5)] })],
    ]);
    const { taskStates: end } = await run(flow, { taskStates: start });
    expect(ran).toEqual([2]);
    expect(end.get(all)?.result).toEqual([0.5, 1, 1.5]);
  });

  it("tells what is kept where it is asked to, once each, and numbers events on", async () => {
    const [a, b] = [node("a"), node("b")];
    const flow = graph([a, b], [edge(a, b)]);
    const start = new Map([[a, done(1)]]);
    const { events } = await run(flow, { taskStates: start, announceKept: true, lastSeq: 40 });
    expect(taskStates(events).map(({ task, kept, to }) => [task, kept, to.type])).toEqual([
      ["a", true, "Success"],
      ["b", undefined, "Running"],
      ["b", undefined, "Success"],
    ]);
    expect(events[0]?.seq).toBe(41);
    const silent = await run(flow, { taskStates: start });
    expect(taskStates(silent.events).map(({ task }) => task)).toEqual(["b", "b"]);
  });

  it("goes on below a task that was rejected", async () => {
    const [a, b] = [node("a"), node("b")];
    const { types } = await run(graph([a, b], [edge(a, b)]), { taskStates: new Map([[a, state("Failed")]]) });
    expect(types).toEqual({ a: "Failed", b: "TriggerFailed" });
  });
});
