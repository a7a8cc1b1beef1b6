import { describe, expect, it } from "vitest";
import { Flow, Parameter, Task, flow, task, tags } from "../../src/index.ts";

class Step extends Task<{ x?: unknown; y?: unknown }> {
  run({ x }: { x?: unknown; y?: unknown }) {
    return x;
  }
}
const step = (name: string, more: object = {}): Step => new Step({ name, ...more });
const names = (tasks: readonly { readonly name: string }[]): readonly string[] => tasks.map((each) => each.name);
const shape = (made: Flow): readonly string[] =>
  made.edges.map(
    (edge) =>
      `${edge.from.name} -${edge.key ?? ""}${edge.mapped ? "*" : ""}${edge.flattened ? "~" : ""}-> ${edge.to.name}`,
  );

describe("the imperative graph", () => {
  it("adds each task once, and each edge once", () => {
    const made = new Flow("f");
    const [a, b] = [step("a"), step("b")];
    made.addTask(a);
    made.addTask(a);
    expect(made.addEdge(a, b, { key: "x" })).toBe(made.addEdge(a, b, { key: "x" }));
    made.addEdge(a, b);
    expect(names(made.tasks)).toEqual(["a", "b"]);
    expect(shape(made)).toEqual(["a -x-> b", "a --> b"]);
  });

  it("finds equal edges among very many into one task", () => {
    const made = new Flow("f");
    const sink = step("sink");
    const sources = Array.from({ length: 100 }, () => step("source"));
    for (const each of [...sources, ...sources]) made.addEdge(each, sink);
    expect(made.edges).toHaveLength(100);
    expect(made.upstreamTasks(sink)).toHaveLength(100);
  });

  it("chains, and knows its roots, ends and order", () => {
    const made = new Flow("f");
    const [a, b, c, d] = [step("a"), step("b"), step("c"), step("d")];
    made.addTask(d);
    made.chain(c, b, a);
    expect(names(made.rootTasks())).toEqual(["d", "c"]);
    expect(names(made.terminalTasks())).toEqual(["d", "a"]);
    expect(names(made.sortedTasks())).toEqual(["d", "c", "b", "a"]);
    expect(names(made.downstreamTasks(c))).toEqual(["b"]);
    expect(made.edgesFrom(b)).toEqual(made.edgesTo(a));
  });

  it("sets dependencies of all sorts at once", () => {
    const made = new Flow("f");
    const [a, b, c, d] = [step("a"), step("b"), step("c"), step("d")];
    made.setDependencies(b, { upstream: [a], downstream: [c], inputs: { x: d, y: 7 } });
    expect(shape(made)).toEqual(["a --> b", "b --> c", "d -x-> b"]);
    expect(made.constants.get(b)).toEqual({ y: 7 });
  });

  it("replaces a task with all its edges, constants and reference", () => {
    const made = new Flow("f");
    const [a, b, c, other] = [step("a"), step("b"), step("c"), step("other")];
    made.chain(a, b, c);
    made.setConstant(b, "y", 1);
    made.setReferenceTasks([b]);
    made.replace(b, other);
    expect(shape(made)).toEqual(["a --> other", "other --> c"]);
    expect(names(made.referenceTasks())).toEqual(["other"]);
    expect([...made.constants.keys()]).toEqual([other]);
    expect(() => {
      made.replace(b, other);
    }).toThrow('Task "b" cannot replace: it is not in flow "f"');
  });

  it("copies without sharing, and takes in another flow", () => {
    const one = new Flow("one");
    const [a, b] = [step("a"), step("b")];
    one.chain(a, b);
    const copy = one.copy();
    copy.addTask(step("c"));
    expect(names(one.tasks)).toEqual(["a", "b"]);
    const two = new Flow("two");
    const [p, q] = [new Parameter("p"), new Parameter("p")];
    two.addEdge(p, step("uses"), { key: "x" });
    one.addTask(q);
    one.setReferenceTasks([a]);
    one.update(two, { mergeParameters: true, mergeReferenceTasks: true });
    expect(names(one.tasks)).toEqual(["a", "b", "p", "uses"]);
    expect(one.edges.at(-1)?.from).toBe(q);
    expect(names(one.referenceTasks())).toEqual(["a", "uses"]);
  });

  it("finds tasks by name, slug, tags, kind and class", () => {
    const made = new Flow("f");
    made.addTask(step("a", { tags: ["x", "y"] }));
    made.addTask(step("a", { tags: ["x"], slug: "mine" }));
    made.addTask(new Parameter("p"));
    expect(made.getTasks({ tags: ["x"] })).toHaveLength(2);
    expect(names(made.getTasks({ tags: ["x", "y"], name: "a" }))).toEqual(["a"]);
    expect(names(made.getTasks({ slug: "mine" }))).toEqual(["a-2"]);
    expect(names(made.getTasks({ kind: "parameter" }))).toEqual(["p"]);
    expect(made.getTasks({ type: Step })).toHaveLength(2);
  });

  it("numbers slugs by name and sorted tags, as Prefect does", () => {
    const g = task("g", () => 1);
    const made = flow("f", () => {
      tags("b", "a", () => {
        g();
        g();
        g({}, { name: "named", tags: ["z"] });
      });
    });
    expect([...made.slugs().values()]).toEqual(["g-a-b-1", "g-a-b-2", "named-a-b-z-1"]);
  });

  it("takes plain values as upstreams, and says where a flow is missing", () => {
    const made = new Flow("f");
    const a = step("a");
    a.setUpstream([1, 2], { key: "x", flow: made, mapped: true });
    a.setUpstream(3, { key: "y", flow: made });
    expect(shape(made)).toEqual(["constant -x*-> a"]);
    expect(made.constants.get(a)).toEqual({ y: 3 });
    expect(() => a.setUpstream(step("b"))).toThrow('setUpstream of "a" was called outside a flow');
    made.build(() => a.setUpstream(step("b")));
    expect(shape(made)).toContain("b --> a");
  });

  it("refuses what is no task, foreign reference tasks and wrong options, by name", () => {
    const made = new Flow("f");
    expect(() => made.addTask(5 as never)).toThrow("something that is not a task");
    expect(() => {
      made.setReferenceTasks([step("elsewhere")]);
    }).toThrow('"elsewhere"');
    expect(() => new Flow("")).toThrow("A flow needs a name");
    expect(() => new Flow("f", { concurency: 1, stateHandlers: () => undefined } as never)).toThrow(
      /"concurency" is not known[\s\S]*"stateHandlers" must be a list/,
    );
    expect(() => new Flow("f", { parameters: {} } as never)).toThrow(
      expect.objectContaining({ diagnostics: [expect.objectContaining({ help: "Write params: { … }." })] }),
    );
  });

  it("remembers where it was made", () => {
    expect(new Flow("f").source?.file).toMatch(/flow\.test\.ts$/);
    expect(flow("f", () => undefined).source?.file).toMatch(/flow\.test\.ts$/);
  });

  it("is not run while its module is being loaded, and says so", async () => {
    const warnings: string[] = [];
    const key = Symbol.for("flowctl.loading");
    const world = globalThis as unknown as Record<symbol, unknown>;
    world[key] = { depth: 1, warn: (text: string) => warnings.push(text) };
    let ran = false;
    const made = flow("f", () => {
      task("t", () => {
        ran = true;
      })();
    });
    const { state } = await made.run().finally(() => Reflect.deleteProperty(world, key));
    expect([state.type, ran]).toEqual(["Pending", false]);
    expect(warnings).toEqual([expect.stringContaining('run() of flow "f" is ignored')]);
    expect((await made.run()).state.type).toBe("Success");
  });

  it("takes a hundred thousand tasks of one name into one task, each edge once", () => {
    const made = new Flow("f");
    const sink = step("sink");
    const sources = Array.from({ length: 100_000 }, () => step("n"));
    for (const each of sources) made.addEdge(each, sink);
    for (const each of sources.slice(-10)) made.addEdge(each, sink);
    expect(made.edges).toHaveLength(100_000);
    expect(made.tasks.at(-1)?.name).toBe("n-100000");
  });
});

it.each<[string, (call: (...args: never[]) => unknown, given: () => unknown) => unknown, string]>([
  ["a reference", (call, given) => call(given() as never), 'Task "b" was given "a" in the place of its inputs.'],
  ["a parameter", (call) => call(new Parameter("p") as never), 'Task "b" was given "p" in the place of its inputs.'],
  ["a number", (call) => call(5 as never), 'Task "b" was given a number in the place of its inputs.'],
  ["a list", (call) => call([1] as never), 'Task "b" was given a list in the place of its inputs.'],
])("inputs are given by name: %s in their place is refused", (_, use, message) => {
  const a = task("a", () => [1]);
  const b = task("b", ({ x }: { x: unknown }) => x);
  for (const [call, how] of [
    [b, "call it with"],
    [b.map.bind(b), "call it by .map with"],
  ] as const) {
    const refused = (): unknown =>
      flow("f", () => {
        use(call, a);
      });
    expect(refused).toThrow(message);
    expect(refused).toThrow(
      expect.objectContaining({
        diagnostics: [
          expect.objectContaining({ help: `Inputs have names: ${how} { x: … }, and take ({ x }) in its body.` }),
        ],
      }),
    );
  }
});

it("options of a call that stand among its inputs are told where they go", () => {
  const a = task("a", () => 1);
  const b = task("b", ({ x }: { x: number }) => x);
  const made = (): unknown => flow("f", () => b({ x: 1, upstream_tasks: [a()] } as never));
  expect(made).toThrow(
    expect.objectContaining({
      diagnostics: [
        expect.objectContaining({
          help: 'Options of a call stand after its inputs: load({ … }, { name: "…", upstream: [a] }).',
        }),
      ],
    }),
  );
});

it("a task function that another one calls with its context has the signal and the run of that task", async () => {
  const inner = task("inner", (_: object, context) => [
    context.runId,
    context.attempt,
    context.signal.aborted,
    context.flowName,
  ]);
  const outer = task("outer", (_: object, context) => [inner.run({}, context), context.runId]);
  const made = flow("calls", () => {
    outer();
  });
  const { taskStates } = await made.run();
  const [called, runId] = [...taskStates.values()][0]!.result as [unknown[], string];
  expect(called).toEqual([runId, 1, false, "calls"]);
});

it("a body that is called by itself has a context: silent, without secrets, and with what it is given", async () => {
  const load = task("load", async ({ n }: { n: number }, context) => {
    const { logger, attempt, params, taskName, signal } = context;
    logger.info("loading");
    return [n, attempt, params["day"], taskName, signal.aborted, await context.secret("KEY")];
  });
  const params = { day: "monday" };
  await expect(load.run({ n: 1 }, { params })).rejects.toThrow('secret("KEY") was called outside a run');
  const given = { params, attempt: 2, secret: () => Promise.resolve("k") };
  expect(await load.run({ n: 1 }, given)).toEqual([1, 2, "monday", "load", false, "k"]);
});
