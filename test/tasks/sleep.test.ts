import { flow, sleep, task } from "flowctl";
import { simulate } from "flowctl/testing";
import { describe, expect, it } from "vitest";

describe("sleep", () => {
  it("waits as long as it is told, in words or milliseconds, and what follows comes after", async () => {
    const order: string[] = [];
    const after = task("after", () => void order.push("after"));
    const nap = flow("nap", () => {
      const long = sleep({ duration: "1h" }, { name: "long" });
      sleep({ duration: 1500 }, { name: "short" });
      after({}, { upstream: [long] });
    });
    const done = await simulate(nap);
    expect([done.state.type, done.elapsedMs, order]).toEqual(["Success", 3_600_000, ["after"]]);
    expect(
      done.events.flatMap((each) => (each.type === "task-state" && each.to.type === "Success" ? each.task : [])),
    ).toEqual(["short", "long", "after"]);
  });

  it("ends when its time is up, and when the run is cancelled", async () => {
    const limited = flow("limited", () => {
      sleep({ duration: "1h" }, { name: "nap", timeout: "10s" });
    });
    const late = await simulate(limited);
    expect([late.stateOf("nap").type, late.elapsedMs]).toEqual(["TimedOut", 10_000]);

    const stop = new AbortController();
    const stopper = task("stopper", () => {
      stop.abort();
    });
    const cancelled = await simulate(
      flow("cancelled", () => {
        sleep({ duration: "1h" }, { name: "nap" });
        stopper({}, { upstream: [sleep({ duration: "1s" }, { name: "first" })] });
      }),
      { signal: stop.signal },
    );
    expect([cancelled.state.type, cancelled.stateOf("nap").type]).toEqual(["Cancelled", "Cancelled"]);
    expect(cancelled.elapsedMs).toBeLessThan(3_600_000);
  });

  it("fails, in words, for what is no duration", async () => {
    const wrong = await simulate(
      flow("wrong", () => {
        sleep({ duration: "a while" as "1s" });
      }),
    );
    expect(wrong.stateOf("sleep")).toMatchObject({
      type: "Failed",
      result: { message: 'duration must be like "10s", not "a while"' },
    });
  });
});
