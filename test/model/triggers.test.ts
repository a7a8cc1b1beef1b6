import { describe, expect, it } from "vitest";
import type { Edge } from "../../src/model/edge.ts";
import { state, type State, type StateType } from "../../src/model/state.ts";
import { someFailed, someSuccessful, triggers, TRIGGERS_BY_NAME } from "../../src/model/triggers.ts";
import type { Trigger } from "../../src/model/trigger.ts";

const view = (...types: readonly (StateType | State)[]): ReadonlyMap<Edge, State> =>
  new Map(types.map((each) => [{} as Edge, typeof each === "string" ? state(each) : each]));

/** What a trigger makes of upstream states: `run`, or the type of the state it throws. */
function verdict(trigger: Trigger, upstream: ReadonlyMap<Edge, State>, resumed = false): string {
  try {
    return trigger(upstream, { resumed }) === true ? "run" : "refused";
  } catch (signal) {
    return (signal as { state: State }).state.type;
  }
}

const TABLE: readonly [keyof typeof triggers, string, readonly StateType[]][] = [
  ["allSuccessful", "run", ["Success", "Skipped", "Cached", "Mapped"]],
  ["allSuccessful", "TriggerFailed", ["Success", "Failed"]],
  ["allSuccessful", "TriggerFailed", ["Cancelled"]],
  ["allFailed", "run", ["Failed", "TriggerFailed", "TimedOut"]],
  ["allFailed", "TriggerFailed", ["Failed", "Failed", "Failed", "Skipped"]],
  ["anySuccessful", "run", ["Failed", "Skipped"]],
  ["anySuccessful", "TriggerFailed", ["Failed"]],
  ["anyFailed", "run", ["Failed", "Skipped"]],
  ["anyFailed", "TriggerFailed", ["Success", "Cancelled"]],
  ["allFinished", "run", ["Failed", "Cancelled", "Success"]],
  ["allFinished", "TriggerFailed", ["Running"]],
  ["alwaysRun", "run", ["Failed"]],
  ["manualOnly", "Paused", ["Failed"]],
  ["notAllSkipped", "run", ["Skipped", "Skipped", "Success"]],
  ["notAllSkipped", "Skipped", ["Skipped", "Skipped"]],
  ["notAllSkipped", "TriggerFailed", ["Skipped", "Failed"]],
];

describe("the triggers", () => {
  for (const [name, expected, types] of TABLE)
    it(`${name} answers ${expected} for ${types.join(", ")}`, () => {
      expect(verdict(triggers[name] as Trigger, view(...types))).toBe(expected);
    });

  it("pass without upstream tasks, but for manualOnly and notAllSkipped", () => {
    const answers = [...TRIGGERS_BY_NAME].map(([name, trigger]) => [name, verdict(trigger, view())]);
    expect(Object.fromEntries(answers)).toEqual({
      all_successful: "run",
      all_failed: "run",
      any_successful: "run",
      any_failed: "run",
      all_finished: "run",
      always_run: "run",
      manual_only: "Paused",
      not_all_skipped: "Skipped",
    });
  });

  it("let manualOnly pass when the run was resumed", () => {
    expect(verdict(triggers.manualOnly, view("Failed"), true)).toBe("run");
  });

  it("count a mapped task through its children, and an empty one as nothing, which is not no upstream", () => {
    const mapped = state("Mapped", { children: [state("Success"), state("Failed")] });
    expect(verdict(triggers.anyFailed, view(mapped))).toBe("run");
    expect(verdict(triggers.allSuccessful, view(mapped))).toBe("TriggerFailed");
    expect(verdict(triggers.anyFailed, view(state("Mapped")))).toBe("TriggerFailed");
  });

  it("count one state once, by whatever edges it comes", () => {
    const one = state("Failed");
    expect(verdict(someFailed({ atLeast: 2 }), view(one, one))).toBe("TriggerFailed");
  });

  it("take bounds below 1 as fractions, unrounded, and both as inclusive", () => {
    const failed = (bad: number, all: number) =>
      view(...Array.from({ length: all }, (_, i) => (i < bad ? "Failed" : "Success") as StateType));
    expect(verdict(someFailed({ atLeast: 0.1, atMost: 2 }), failed(2, 20))).toBe("run");
    expect(verdict(someFailed({ atLeast: 0.1, atMost: 2 }), failed(1, 19))).toBe("TriggerFailed");
    expect(verdict(someFailed({ atLeast: 0.34 }), failed(1, 3))).toBe("TriggerFailed");
    expect(verdict(someFailed({ atMost: 0 }), failed(1, 3))).toBe("TriggerFailed");
    expect(verdict(someFailed(), failed(3, 3))).toBe("run");
    expect(verdict(someSuccessful({ atLeast: 1, atMost: 1 }), failed(2, 3))).toBe("run");
  });
});
