import { describe, expect, it } from "vitest";
import { parseTemplate } from "../../src/spec/template.ts";
import { load, run } from "./rig.ts";

describe("a trigger that asks about a foreach task", () => {
  it.each([
    ["one item failed", "[1, 2]", { failed: "Success", succeeded: "TriggerFailed" }],
    ["every item failed", "[1, 1]", { failed: "Success", succeeded: "TriggerFailed" }],
    ["no item failed", "[2, 3]", { failed: "TriggerFailed", succeeded: "Success" }],
  ])("is met by any failure, and by success of all items only, where %s", async (_, items, expected) => {
    const { flow } = await load(`tasks:
  each: { foreach: ${items}, run: '[ "\${{ item }}" -gt 1 ]' }
  failed: { run: "true", trigger: each.failed }
  succeeded: { run: "true", trigger: each.succeeded }
`);
    const { states } = await run(flow);
    expect({ failed: states["failed"], succeeded: states["succeeded"] }).toEqual(expected);
  });
});

describe("an expression with a map in it", () => {
  it("ends at its own braces", () => {
    const text = "is ${{ {'a': {'b': 'x}}'}}.a.b }} and ${{ {}.size() }}.";
    expect(parseTemplate(text).holes.map(({ code }) => code)).toEqual(["{'a': {'b': 'x}}'}}.a.b", "{}.size()"]);
  });

  it("has its value", async () => {
    const { flow } = await load(
      `tasks: { a: { uses: echo, with: { v: "\${{ {'de': 'Berlin', 'no': 'Oslo'}['no'] }}" } } }\n`,
    );
    expect((await run(flow)).results["a"]).toEqual({ v: "Oslo" });
  });
});

describe("a script's comment", () => {
  it("may hold a word that would be dangerous in a command", async () => {
    const { flow } = await load(`tasks: { a: { run: "# not this; eval \${{ flow.name }}\\necho ok" } }\n`);
    expect((await run(flow)).states["a"]).toBe("Success");
    await expect(load(`tasks: { a: { run: "eval \${{ flow.name }}" } }\n`)).rejects.toThrow();
  });
});
