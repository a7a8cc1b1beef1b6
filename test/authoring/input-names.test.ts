/* eslint-disable @typescript-eslint/no-explicit-any, @typescript-eslint/unbound-method, @typescript-eslint/no-unsafe-return -- only the text of these functions is looked at */
import { expect, it } from "vitest";
import { inputNamesOf } from "../../src/authoring/input-names.ts";

const today = 1;
it.each<[string, (...args: never[]) => unknown, readonly string[] | undefined]>([
  ["nothing", () => 1, []],
  ["a pattern", ({ a, b }: any) => [a, b], ["a", "b"]],
  ["defaults and renames", ({ a: c = today, b = [1, { x: 2 }] }: any) => [c, b], ["a", "b"]],
  ["a nested pattern", ({ a: { x, y } }: any) => [x, y], ["a"]],
  ["an async function", async ({ a }: any) => a, ["a"]],
  ["a context beside it", ({ a }: any, { signal }: any) => [a, signal], ["a"]],
  ["a method", { run({ a }: any) { return a; } }.run, ["a"]], // prettier-ignore
  ["a plain parameter", (inputs: any) => inputs, undefined],
  ["an unused plain parameter", (_inputs: any, context: any) => context, undefined],
  ["a rest", ({ a, ...rest }: any) => [a, rest], undefined],
  ["all arguments", (...args: never[]) => args, undefined],
  ["a text in a default", ({ a = "}" }: any) => a, undefined],
  ["native code", Math.max, undefined],
  ["a bound function", function bound({ a }: any) { return a; }.bind(null), undefined], // prettier-ignore
])("of a body with %s", (_what, body, names) => {
  expect(inputNamesOf(body)).toEqual(names);
});
