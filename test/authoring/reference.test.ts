/* eslint-disable @typescript-eslint/no-explicit-any, @typescript-eslint/restrict-plus-operands, @typescript-eslint/no-unsafe-return, @typescript-eslint/no-unsafe-member-access, @typescript-eslint/no-unsafe-assignment -- what JavaScript lets people do */
import { describe, expect, it } from "vitest";
import { flatten, flow, secret, task, unmapped, type Flow } from "../../src/index.ts";
import { simulate } from "../../src/testing.ts";

const make = task("make", () => ({ name: "n", rows: [{ id: 1 }, { id: 2 }], none: null as { x: number } | null }));
const show = task("show", ({ v }: { v: unknown }) => v);

async function shown(build: (value: ReturnType<typeof make>) => unknown): Promise<unknown> {
  const made = flow("f", () => void show({ v: build(make()) }));
  const run = await simulate(made);
  return run.resultOf("show");
}

describe("a reference", () => {
  it("is refused wherever a value is needed, with a way out", () => {
    const misuse: readonly ((value: any) => unknown)[] = [
      (value) => `${value}`,
      (value) => value.rows + 1,
      (value) => [...value.rows],
      (value) => JSON.stringify(value),
      (value) => ({ ...value }),
      (value) => (value.name = 1),
    ];
    for (const each of misuse) {
      expect(() => flow("f", () => void each(make()))).toThrow(/"make.*while the flow was built/);
    }
  });

  it("gives its fields, however deep, and one task for each", async () => {
    const made = flow("f", () => {
      const value = make();
      show({ v: value.rows[1]!.id });
      show({ v: value.rows[1]!.id });
    });
    expect(made.tasks.map((each) => each.name)).toEqual(["make", "show", "make.rows.1.id", "show-2"]);
    expect((await simulate(made)).resultOf("show-2")).toBe(2);
  });

  it("fails clearly where there is nothing to take a field of", async () => {
    const made = flow("f", () => void show({ v: make().none.x }));
    const run = await simulate(made);
    expect(run.stateOf("make.none.x").message).toContain('"make.none" is null: it has no field "x"');
  });

  it("is found in collections, which stay as they are otherwise", async () => {
    const when = new Date(0);
    expect(await shown((value) => ({ a: [value.name, { when }], b: [[value.rows]] }))).toEqual({
      a: ["n", { when }],
      b: [[[{ id: 1 }, { id: 2 }]]],
    });
  });

  it("cannot be used in another flow", () => {
    let kept: unknown;
    flow("one", () => {
      kept = make();
    });
    expect(() => flow("two", () => void show({ v: kept }))).toThrow('"make" belongs to another flow than "two"');
  });

  it("to a secret joins the flow that uses it, and is only read when it runs", async () => {
    const token = secret("TOKEN");
    expect(() => (token as unknown as number) + 1).toThrow('"TOKEN" was used as a value');
    const uses = (name: string): Flow => flow(name, () => void show({ v: token }));
    for (const made of [uses("one"), uses("two")]) {
      expect(made.tasks.find((each) => each.kind === "secret")).toMatchObject({
        secrets: ["TOKEN"],
        checkpoint: false,
      });
      expect((await simulate(made, { secrets: { TOKEN: "s3" } })).resultOf("show")).toBe("s3");
      expect((await simulate(made)).state.type).toBe("Failed");
    }
  });
});

describe("calls of tasks", () => {
  it("are refused outside a flow, with a way to run the body alone", async () => {
    expect(() => make()).toThrow('Task "make" was called outside a flow');
    expect(await show.run({ v: 3 })).toBe(3);
  });

  it("are refused in an async flow function", () => {
    expect(() => flow("f", (async () => Promise.resolve()) as never)).toThrow('The function of flow "f" is async');
  });

  it("map, keep whole what is unmapped, and flatten", async () => {
    const pair = task("pair", ({ a, b }: { a: number; b: readonly number[] }) => a + b.length);
    const lists = task("lists", () => [[1, 2], [3]]);
    const made = flow("f", () => {
      show({ v: pair.map({ a: flatten(lists()), b: unmapped([7, 7]) }) });
    });
    expect((await simulate(made)).resultOf("show")).toEqual([3, 4, 5]);
  });

  it("cannot map over what is no list, or over nothing", () => {
    const loose = show as unknown as { map(inputs: object): unknown };
    expect(() => flow("f", () => void loose.map({ v: 1 }))).toThrow('Task "show" cannot be mapped over v');
    expect(() => flow("f", () => void loose.map({ v: unmapped(1) }))).toThrow("nothing to map over");
  });
});
