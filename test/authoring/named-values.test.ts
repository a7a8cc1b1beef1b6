import { expect, it } from "vitest";
import { cacheValidators, task, triggers, type Trigger } from "../../src/index.ts";
import type { UserError } from "../../src/model/error.ts";

/** Of the one thing that is wrong: its message, and what to write. */
function refusal(define: () => unknown): readonly (string | undefined)[] {
  try {
    define();
  } catch (error) {
    return (error as UserError).diagnostics.flatMap(({ message, help }) => [message, help]);
  }
  return [];
}

const body = (): number => 1;

it("a trigger or a cache validator that there is not is refused, and never stands for the default", () => {
  const misspelt = triggers as unknown as Readonly<Record<string, Trigger>>;
  expect(refusal(() => task("clean", { trigger: misspelt["any_failed"] as Trigger }, body))).toEqual([
    'There is no trigger "any_failed".',
    "Write triggers.anyFailed.",
  ]);
  expect(refusal(() => misspelt["sometimes"])[1]).toMatch(/^There are all/);
  expect(refusal(() => (cacheValidators as unknown as Record<string, unknown>)["all_inputs"])).toEqual([
    'There is no cache validator "all_inputs".',
    "Write cacheValidators.allInputs.",
  ]);
});

it("all of them can be listed, printed and awaited", async () => {
  expect(Object.keys(triggers)).toContain("alwaysRun");
  expect(JSON.stringify(cacheValidators)).toBe("{}");
  expect(await Promise.resolve(triggers)).toBe(triggers);
});

it("bounds are an object of two names", () => {
  const wrong = (bounds: unknown) => refusal(() => triggers.someFailed(bounds as never))[0];
  expect(wrong({ at_least: 2 })).toBe('The trigger someFailed has no bound "at_least".');
  expect(wrong(2)).toBe("The trigger someFailed takes its bounds as an object.");
  expect(refusal(() => triggers.someSuccessful({ atLeast: 0.5, atMost: 0.9 }))).toEqual([]);
  expect(refusal(() => triggers.someFailed())).toEqual([]);
  expect(refusal(() => task("t", { trigger: triggers.someFailed as never }, body))[0]).toBe(
    'Task "t": option "trigger" must be called: triggers.someFailed({ atLeast: 1 }).',
  );
});
