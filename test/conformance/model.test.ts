import fc from "fast-check";
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import * as api from "../../src/index.ts";
import { judge } from "./judge.js";
import { Endless, expectationOf } from "./model.js";

const observed = ["random.jsonl", "mapping.jsonl"]
  .flatMap((name) =>
    readFileSync(new URL(name, import.meta.url), "utf8")
      .trim()
      .split("\n"),
  )
  .map((line) => JSON.parse(line) as { readonly name: string; readonly expect: object });

const value = fc.constantFrom<unknown>(0, 2, "s", null, true, [], [0], [5, 0], [0, 0, 2], [[1], [2, 3]]);
const error = fc.constantFrom("ErrA", "ErrB", "ErrC");
const signal = (...names: readonly string[]) =>
  fc.record({ signal: fc.constantFrom(...names), result: value }, { requiredKeys: ["signal"] });
const ends = fc.oneof(
  fc.record({ return: value }),
  fc.constantFrom({ inputs: true }, { divide: true }),
  fc.record({ throw: error }),
  signal("FAIL", "SKIP", "SUCCESS", "TRIGGERFAIL", "VALIDATIONFAIL"),
  fc.record({ endrun: fc.record({ state: fc.constantFrom("Failed", "Skipped", "Success") }) }),
);
// A body that ended with one of these would do so for ever.
const goesOn = signal("RETRY", "LOOP");
const body = fc
  .tuple(fc.array(fc.oneof(ends, goesOn), { maxLength: 2 }), ends)
  .map(([before, last]) => [...before, last]);

const bound = fc.constantFrom(0, 0.25, 0.5, 0.9, 1, 2, 3);
const bounds = fc.record({ at_least: bound, at_most: bound }, { requiredKeys: [] });
const trigger = fc.oneof(
  fc.constantFrom("all_successful", "all_failed", "any_successful", "any_failed", "all_finished", "not_all_skipped"),
  fc.record({ some_failed: bounds }),
  fc.record({ some_successful: bounds }),
);

const handlersOn = (...when: readonly string[]) =>
  fc.array(
    fc.record(
      {
        when: fc.constantFrom("*", ...when),
        do: fc.oneof(
          fc.constant({ none: true }),
          fc.record({
            return: fc.record(
              { state: fc.constantFrom("Failed", "Skipped", "Success", "TriggerFailed"), result: value },
              { requiredKeys: ["state"] },
            ),
          }),
          fc.record({ throw: error }),
          signal("FAIL", "SKIP", "SUCCESS"),
        ),
        times: fc.integer({ min: 1, max: 3 }),
      },
      { requiredKeys: ["when", "do"] },
    ),
    { maxLength: 2 },
  );

const task = fc.record(
  {
    do: body,
    trigger,
    maxRetries: fc.integer({ min: 0, max: 2 }),
    skipOnUpstreamSkip: fc.boolean(),
    handlers: handlersOn("Running", "Success", "Failed", "Retrying", "Looped", "Mapped", "Skipped", "TriggerFailed"),
  },
  { requiredKeys: ["do"] },
);
const link = fc.option(fc.record({ mapped: fc.boolean(), key: fc.boolean() }), { freq: 2 });

/** Small flows of everything that the observed scenarios are made of, and denser than they are. */
const scenario = fc.integer({ min: 1, max: 5 }).chain((size) =>
  fc
    .record({
      tasks: fc.array(task, { minLength: size, maxLength: size }),
      links: fc.array(link, { minLength: (size * (size - 1)) / 2, maxLength: (size * (size - 1)) / 2 }),
      retryOn: fc.option(fc.subarray(["ErrA", "ErrB", "ErrC"], { minLength: 1 })),
      constant: fc.option(value),
      reference: fc.option(fc.integer({ min: 0, max: size - 1 })),
      flowHandlers: handlersOn("Running", "Success", "Failed"),
    })
    .map(({ tasks, links, retryOn, constant, reference, flowHandlers }) => {
      const rest = links.values();
      const edges = tasks.flatMap((_, to) =>
        tasks.slice(0, to).flatMap((__, from) => {
          const each = rest.next().value;
          if (!each) return [];
          const key = each.key ? { key: from === 0 ? "x" : `k${from}` } : {};
          return [{ from: `t${from}`, to: `t${to}`, ...key, ...(each.mapped ? { mapped: true } : {}) }];
        }),
      );
      return {
        name: "drawn",
        tasks: tasks.map((each, i) => ({
          ...each,
          id: `t${i}`,
          ...(retryOn && each.maxRetries !== undefined ? { retryOn } : {}),
        })),
        edges,
        flowHandlers,
        ...(constant === null ? {} : { constants: { t0: { z: constant } } }),
        ...(reference === null ? {} : { referenceTasks: [`t${reference}`] }),
      };
    }),
);

/** @returns the scenario with what the model expects of it; undefined where it would not end */
function expected(drawn: object): object | undefined {
  try {
    return { ...drawn, expect: expectationOf(drawn) };
  } catch (error) {
    if (error instanceof Endless) return undefined;
    throw error;
  }
}

describe("a model of Prefect's rules", () => {
  it("says of every observed scenario what was observed", () => {
    for (const each of observed) expect(expectationOf(each), each.name).toEqual(each.expect);
  });

  it("is what the engine does with any scenario", async () => {
    await fc.assert(
      fc.asyncProperty(scenario, async (drawn) => {
        const whole = expected(drawn);
        fc.pre(whole !== undefined);
        const { problems } = await judge(JSON.stringify(whole), api);
        expect(problems).toEqual([]);
      }),
      { numRuns: Number(process.env["MODEL_RUNS"] ?? 400) },
    );
  });
});
