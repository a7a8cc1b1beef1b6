import { describe, expect, it } from "vitest";
import { Fail, Loop, Retry, Signal, Skip } from "../../src/model/signal.ts";
import {
  isFailed,
  isFinished,
  isOfFamily,
  isPending,
  isRunning,
  isScheduled,
  isState,
  isSuccessful,
  state,
  STATE_TYPES,
  type State,
} from "../../src/model/state.ts";

const typesWhere = (holds: (each: State) => boolean): readonly string[] =>
  STATE_TYPES.filter((type) => holds(state(type)));

describe("states", () => {
  it("are of the families that Prefect has", () => {
    expect(typesWhere(isPending)).toEqual(["Pending", "Scheduled", "Paused", "Resume", "Retrying"]);
    expect(typesWhere(isScheduled)).toEqual(["Scheduled", "Paused", "Resume", "Retrying", "Queued"]);
    expect(typesWhere(isRunning)).toEqual(["Running", "Cancelling"]);
    expect(typesWhere(isSuccessful)).toEqual(["Success", "Cached", "Mapped", "Skipped"]);
    expect(typesWhere(isFailed)).toEqual(["Failed", "TimedOut", "TriggerFailed", "ValidationFailed", "Crashed"]);
    expect(typesWhere(isFinished)).toEqual([
      "Finished",
      "Looped",
      ...typesWhere(isSuccessful),
      "Cancelled",
      ...typesWhere(isFailed),
    ]);
    expect(isOfFamily("Retrying", "Pending")).toBe(true);
    expect(isOfFamily("Pending", "Retrying")).toBe(false);
    expect(isOfFamily("Fainted" as never, "Failed")).toBe(false);
  });

  it("carry a message, a result, and what their type adds; Paused alone has no start time by itself", () => {
    expect(state("Failed", { message: "no rows" })).toEqual({ type: "Failed", message: "no rows", result: null });
    expect([state("Scheduled").startTime, state("Paused").startTime]).toEqual([0, null]);
    expect(state("Mapped").children).toEqual([]);
  });

  it("are told from other values", () => {
    expect([state("Success"), { type: "Success" }, { type: "success", message: null }, 5, null].map(isState)).toEqual([
      true,
      false,
      false,
      false,
      false,
    ]);
  });
});

describe("signals", () => {
  it("make their state, whose result is the signal unless one is given", () => {
    const signal = new Fail("no");
    expect(signal.state).toEqual({ type: "Failed", message: "no", result: signal });
    expect(new Skip("no", { result: null }).state.result).toBeNull();
    expect(new Retry("later", { startTime: 5 }).state).toMatchObject({ type: "Retrying", startTime: 5 });
  });

  it("are no errors, so that a catch for errors lets them pass", () => {
    expect(new Fail() instanceof Error).toBe(false);
    expect(new Fail() instanceof Signal).toBe(true);
  });

  it("give Loop its own text as the result to hand on", () => {
    expect(new Loop("again").state.result).toBe("Loop(again)");
    expect(new Loop("again", { result: 2 }).state.result).toBe(2);
  });
});
