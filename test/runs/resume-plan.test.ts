import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Flow } from "../../src/model/flow.ts";
import type { Task } from "../../src/model/task.ts";
import type { KeptResult, KeptResults } from "../../src/runs/read-results.ts";
import { planResume } from "../../src/runs/resume-plan.ts";
import { signaturesOf } from "../../src/runs/signature.ts";
import { edge, graph, node } from "../engine/rig.ts";

/** Results as a run of this flow leaves them: `a`, `half[2]`; with `!` it failed, with `?` its value is lost. */
function results(flow: Flow, ...labels: readonly string[]): KeptResults {
  const signatures = signaturesOf(flow);
  const tasks = new Map<string, { own: KeptResult | undefined; readonly children: Map<number, KeptResult> }>();
  for (const label of labels) {
    const [, task = "", index, sign] = /^([\w.-]+)(?:\[(\d+)\])?([!?]?)$/.exec(label) ?? [];
    const result: KeptResult = {
      task,
      inputs: signatures.get(task) ?? 0,
      state: sign === "!" ? "Failed" : "Success",
      line: label,
      ...(sign === "?" ? { lost: "it holds a function" } : {}),
    };
    const known = tasks.get(task) ?? { own: undefined, children: new Map<number, KeptResult>() };
    tasks.set(task, known);
    if (index === undefined) known.own = result;
    else known.children.set(Number(index), result);
  }
  return { params: undefined, paramsLine: "", tasks };
}

/** What is kept, and why the rest runs. */
function decide(flow: Flow, ...labels: readonly string[]): Readonly<Record<string, string>> {
  const { decisions } = planResume(flow, results(flow, ...labels));
  return Object.fromEntries(
    decisions.map(({ task, runs, children }) => [
      task.name,
      `${runs ?? "kept"}${children === undefined || children.size === 0 ? "" : ` [${[...children.keys()].join()}]`}`,
    ]),
  );
}

describe("of a run that is gone on with", () => {
  const [a, b, c] = [node("a"), node("b"), node("c")];
  const chain = graph([a, b, c], [edge(a, b, { key: "x" }), edge(b, c, { key: "x" })]);

  it("what went well is kept, and all that comes after what runs runs", () => {
    expect(decide(chain, "a", "b!", "c!")).toEqual({ a: "kept", b: "it ended Failed", c: "it ended Failed" });
    expect(decide(chain, "a!", "b", "c")).toEqual({
      a: "it ended Failed",
      b: "it comes after a, which runs",
      c: "it comes after b, which runs",
    });
    expect(decide(chain)).toEqual({ a: "it had not ended", b: "it had not ended", c: "it had not ended" });
  });

  it("a lost value is made again only where a task that runs needs it, and changes nothing else", () => {
    expect(decide(chain, "a?", "b", "c!")).toEqual({ a: "kept", b: "kept", c: "it ended Failed" });
    const again = "its result is needed and was not kept: it holds a function";
    expect(decide(chain, "a", "b?", "c!")).toEqual({ a: "kept", b: again, c: "it ended Failed" });
    expect(decide(chain, "a?", "b?", "c!")).toEqual({ a: again, b: again, c: "it ended Failed" });
    const order = graph([a, c], [edge(a, c)]);
    expect(decide(order, "a?", "c!")).toEqual({ a: "kept", c: "it ended Failed" });
  });

  it("children of a map are kept one by one, also those of a map over it; what takes all of them is not", () => {
    const [list, one, two, all] = [node("list"), node("one"), node("two"), node("all")];
    const flow = graph(
      [list, one, two, all],
      [
        edge(list, one, { key: "x", mapped: true }),
        edge(one, two, { key: "x", mapped: true }),
        edge(two, all, { key: "x" }),
      ],
    );
    expect(decide(flow, "list", "one[0]", "one[1]!", "one[2]", "two[0]", "two[1]!", "two[2]!", "all!")).toEqual({
      list: "kept",
      one: "1 of its children did not go well [0,2]",
      two: "2 of its children did not go well [0]",
      all: "it ended Failed",
    });
    expect(decide(flow, "list!", "one[0]", "two[0]")).toMatchObject({
      one: "it comes after list, which runs",
      two: "it comes after one, which runs",
    });
  });

  it("plumbing is made anew without a word, and a resource changes nothing for those who use it", () => {
    const bundle = node("bundle", undefined, { kind: "collection" });
    const tool = node("tool", undefined, { kind: "resource" });
    const through = graph(
      [a, bundle, tool, c],
      [edge(a, bundle, { key: "0" }), edge(bundle, c, { key: "x" }), edge(tool, c)],
    );
    expect(decide(through, "a", "c")).toEqual({ a: "kept", c: "kept" });
    expect(decide(through, "a!", "c")).toEqual({ a: "it ended Failed", c: "it comes after a, which runs" });
    expect(decide(through, "a?", "c!")).toMatchObject({
      a: "its result is needed and was not kept: it holds a function",
    });
  });

  it("a change of what was kept is found: a task that is gone, and one with other inputs", () => {
    const kept = results(chain, "a", "b");
    const without = graph([b, c], [edge(b, c, { key: "x" })]);
    expect(planResume(without, kept).changes).toEqual([
      'task "a" is gone',
      'what comes into task "b" is not what it was',
    ]);
    const more = graph([a, b, c, node("d")], [...chain.edges].reverse());
    expect(planResume(more, kept).changes).toEqual([]);
    expect(planResume(graph([a, b, c], [edge(a, b, { key: "y" })]), kept).changes).toHaveLength(1);
  });

  it("in any graph: nothing that is kept stands below anything that runs for a reason of its own", () => {
    const graphs = fc.integer({ min: 2, max: 12 }).chain((size) =>
      fc.record({
        edges: fc.array(fc.tuple(fc.nat(size - 1), fc.nat(size - 1), fc.boolean()), { maxLength: 20 }),
        states: fc.array(fc.constantFrom("", "!", "?", "none"), { minLength: size, maxLength: size }),
      }),
    );
    fc.assert(
      fc.property(graphs, ({ edges, states }) => {
        const tasks = states.map((_, i) => node(`t${i}`));
        const links = edges
          .filter(([from, to]) => from < to)
          .map(([from, to, isData]) => edge(tasks[from] as Task, tasks[to] as Task, isData ? { key: `k${from}` } : {}));
        const flow = graph(tasks, links);
        const labels = states.flatMap((sign, i) => (sign === "none" ? [] : [`t${i}${sign}`]));
        const { decisions } = planResume(flow, results(flow, ...labels));
        const runs = new Map(decisions.map((each) => [each.task, each.runs]));
        for (const { from, to, key } of links) {
          const isOwn = runs.get(from) !== undefined && !runs.get(from)?.startsWith("its result is needed");
          if (isOwn) expect(runs.get(to)).toBeDefined();
          const isLost = states[tasks.indexOf(from)] === "?";
          if (runs.get(to) !== undefined && isLost && key !== undefined) expect(runs.get(from)).toBeDefined();
        }
        for (const [i, sign] of states.entries())
          if (sign === "!" || sign === "none") expect(runs.get(tasks[i] as Task)).toBeDefined();
      }),
      { numRuns: 300 },
    );
  });
});
