import { expect, it } from "vitest";
import { flow, task, type UserError } from "../../src/index.ts";

const getValue = task("get-value", () => "v");

/** Where a mistake is said to be. */
function placeOf(mistake: () => unknown): unknown {
  try {
    mistake();
  } catch (error) {
    const [first] = (error as UserError).diagnostics;
    return [first?.code, first?.file?.split("/").at(-1), typeof first?.line, typeof first?.column];
  }
  return "no mistake";
}

it("a mistake in building a flow is shown where the person made it", () => {
  const here = (code: string): unknown => [code, "call-site.test.ts", "number", "number"];
  expect(placeOf(() => getValue())).toEqual(here("FLOW_NONE"));
  expect(placeOf(() => task("x", { timeout: -1 }, () => 1))).toEqual(here("TASK_OPTION"));
  expect(placeOf(() => flow("x", { concurrency: 0 }, () => undefined))).toEqual(here("FLOW_OPTION"));
  expect(
    placeOf(() =>
      flow("x", () => {
        Object.keys(getValue());
      }),
    ),
  ).toEqual(here("FLOW_REFERENCE_USED"));
});
