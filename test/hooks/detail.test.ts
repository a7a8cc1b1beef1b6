import { expect, it } from "vitest";
import { detailOf } from "../../src/hooks/detail.ts";
import { flow, runFlow, task } from "../../src/index.ts";
import { simulate } from "../../src/testing.ts";

it("a sub-flow that failed is told in words alone, a task by the name of its function", async () => {
  const load = task("load", function readRows(): never {
    throw new Error("no rows");
  });
  const inner = flow("inner", () => {
    load();
  });
  const outer = flow("outer", () => {
    runFlow(inner)();
  });
  expect(detailOf((await simulate(outer)).resultOf("inner"))?.split("\nCaused by")[0]).toBe(
    'Error: flow "inner" ended Failed: load: no rows',
  );
  const [, frame] = detailOf((await simulate(inner)).resultOf("load"))?.split("\n") ?? [];
  expect(frame).toMatch(/^ {4}at readRows /);
});
