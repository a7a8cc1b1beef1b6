import { expect, it } from "vitest";
import { cacheValidators as is } from "../../src/model/cache-validators.ts";
import { state } from "../../src/model/state.ts";

const cached = state("Cached", {
  inputs: { a: [1, { b: new Date(5) }], c: 2 },
  params: { p: new Map([["k", 1]]), q: "x" },
});

it("look at what Prefect's validators look at", () => {
  const same = { a: [1, { b: new Date(5) }], c: 2 };
  const params = { p: new Map([["k", 1]]), q: "x" };
  expect(is.neverUse()).toBe(false);
  expect(is.durationOnly()).toBe(true);
  expect(is.allInputs(cached, same)).toBe(true);
  expect(is.allInputs(cached, { ...same, c: 3 })).toBe(false);
  expect(is.allInputs(cached, { ...same, d: 1 })).toBe(false);
  expect(is.allParameters(cached, {}, params)).toBe(true);
  expect(is.allParameters(cached, {}, { ...params, q: "y" })).toBe(false);
  expect(is.partialInputsOnly("a")(cached, { a: same.a, c: 9 }, {})).toBe(true);
  expect(is.partialInputsOnly("c")(cached, { a: same.a, c: 9 }, {})).toBe(false);
  expect(is.partialParametersOnly("q")(cached, {}, { q: "x" })).toBe(true);
  expect(is.partialParametersOnly("p", "q")(cached, {}, { q: "x" })).toBe(false);
});
