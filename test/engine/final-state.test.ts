import { describe, expect, it } from "vitest";
import { finalState } from "../../src/engine/final-state.ts";
import { state } from "../../src/model/state.ts";

describe("the final state of a run", () => {
  const all = [0, 1, 2];

  it("is Failed when one reference task failed and another was cancelled, in either order", () => {
    const states = [state("Cancelled"), state("Failed"), state("Success")];
    expect(finalState(states, all, all).type).toBe("Failed");
    expect(finalState(states.toReversed(), all, all).type).toBe("Failed");
  });

  it("is Cancelled when a reference task was cancelled and none failed", () => {
    const states = [state("Success"), state("Cancelled"), state("Failed")];
    expect(finalState(states, all, [0, 1]).type).toBe("Cancelled");
  });
});
