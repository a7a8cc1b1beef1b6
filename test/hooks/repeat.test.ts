import { describe, expect, it } from "vitest";
import { hookTold } from "../../src/hooks/hook-told.ts";
import type { PreviousRuns, RunFacts } from "../../src/hooks/told.ts";
import type { Hook } from "../../src/model/hook.ts";
import type { Alert } from "../../src/model/notification.ts";
import type { StateType } from "../../src/model/state.ts";

const HOUR = 3_600_000;

function told(
  hook: Partial<Hook>,
  previous: PreviousRuns | undefined,
  to: StateType,
  at: number,
  {
    type = "slack",
    startedBy = "terminal",
    ...found
  }: { type?: string; startedBy?: RunFacts["startedBy"]; foundAt?: number } = {},
) {
  const facts: RunFacts = {
    runId: "r",
    flow: "f",
    tags: [],
    startedAt: 0,
    startedBy,
    hooks: [{ name: "failures", states: ["Failed"], to: ["team"], ...hook }],
    channels: { team: { type } },
    ...(previous === undefined ? {} : { previous }),
  };
  return hookTold(facts, { from: "Running", to, message: null, at, ...found }).map((each) => ({
    event: (each.message as { alert: Alert }).alert.event,
    suppressed: each.suppressed,
  }));
}
const failing = (at: number, failed = 1): PreviousRuns => ({
  runId: "r0",
  state: "Failed",
  at,
  failed,
  since: 0,
  heardBy: ["failures"],
});
const fine: PreviousRuns = { runId: "r0", state: "Success", at: 5, failed: 0, since: 0, heardBy: ["failures"] };
const change = { notifyOn: "change" } as const;

describe("notifyOn: change", () => {
  it("tells the first failure, whether or not there was a run before", () => {
    expect(told(change, undefined, "Failed", 10)).toEqual([{ event: undefined, suppressed: undefined }]);
    expect(told(change, fine, "Crashed", 10)).toEqual([{ event: undefined, suppressed: undefined }]);
  });

  it("puts the next failure on record and says when it tells again", () => {
    const [one] = told(change, failing(10), "TimedOut", 20);
    expect(one?.suppressed).toBe('the flow still fails, and hook "failures" tells the same again only every 4h 00m');
  });

  it("names what it would repeat, so that it is sent where that was given up", () => {
    const facts: RunFacts = {
      runId: "r1",
      flow: "etl",
      tags: [],
      startedAt: 20,
      startedBy: "terminal",
      hooks: [{ name: "failures", states: ["Failed"], to: ["team"], ...change }],
      channels: { team: { type: "slack" } },
      previous: { ...failing(10), part: 2 },
    };
    const [one] = hookTold(facts, { from: "Running", to: "TimedOut", message: null, at: 20 });
    expect(one).toMatchObject({ event: "run-timedout", repeats: { runId: "r0", event: "run-failed", key: "run/2" } });
  });

  it("tells again with each repeat since the first failure, however many runs there are in between", () => {
    const hook = { ...change, repeat: HOUR };
    const ends = Array.from({ length: 25 }, (_, i) => i * 10 * 60_000);
    const due = ends.filter(
      (at, i) => i > 0 && told(hook, failing(ends[i - 1]!), "Failed", at)[0]?.suppressed === undefined,
    );
    expect(due).toEqual([HOUR, 2 * HOUR, 3 * HOUR, 4 * HOUR]);
    expect(told(hook, failing(0), "Failed", 7 * HOUR)).toEqual([{ event: "stillFailing", suppressed: undefined }]);
  });

  it("tells again of a crash that was found when it is due, whenever that run died", () => {
    const crash = (foundAt: number) => told(change, failing(0), "Crashed", 1, { foundAt })[0]?.suppressed === undefined;
    expect([crash(HOUR), crash(5 * HOUR)]).toEqual([false, true]);
  });

  it("tells of the recovery, though the hook names only failures", () => {
    expect(told(change, failing(10), "Success", 20)).toEqual([{ event: "recovered", suppressed: undefined }]);
    expect(told(change, fine, "Success", 20)).toEqual([]);
  });

  it("is another outcome where the hook was not told of the one before", () => {
    expect(told({ ...change, states: ["Crashed"] }, failing(10), "Crashed", 20)[0]?.suppressed).toBeUndefined();
  });

  it("is news to a hook that did not hear of the run before: it is new, or was not about it", () => {
    expect(told(change, { ...failing(10), heardBy: ["other"] }, "Failed", 20)[0]?.suppressed).toBeUndefined();
  });

  it("never keeps a dead man's switch from hearing of a run's start and end, whatever states are named", () => {
    const heard = (to: StateType) => told({ ...change, states: ["Failed"] }, failing(10), to, 20, { type: "deadman" });
    expect(heard("Failed")).toEqual([{ event: undefined, suppressed: undefined }]);
    expect(heard("Success")).toEqual([{ event: undefined, suppressed: undefined }]);
    expect(heard("Cancelled")).toEqual([{ event: undefined, suppressed: undefined }]);
    expect(heard("Running")).toEqual([{ event: "started", suppressed: undefined }]);
    expect(heard("Paused")).toEqual([]);
  });

  it("comes to the same answer when it is asked again", () => {
    const ask = () => told({ ...change, repeat: HOUR }, failing(10), "Failed", HOUR - 1);
    expect(ask()).toEqual(ask());
  });
});

describe("where notifyOn is not given", () => {
  const cron = { startedBy: "cron" } as const;
  const each = [{ event: undefined, suppressed: undefined }];

  it("every run of a person or a CI is told, and no recovery", () => {
    for (const startedBy of ["terminal", "ci", "other"] as const) {
      expect(told({}, failing(10), "Failed", 20, { startedBy })).toEqual(each);
      expect(told({}, failing(10), "Success", 20, { startedBy })).toEqual([]);
    }
  });

  it("from cron a failure is told once, again every four hours, and its recovery", () => {
    expect(told({}, fine, "Failed", 20, cron)).toEqual(each);
    expect(told({}, failing(10), "Failed", 20, cron)[0]?.suppressed).toBe(
      'the flow still fails, and hook "failures" tells the same again only every 4h 00m (from cron; notifyOn: always tells each)',
    );
    expect(told({}, failing(10), "Failed", 5 * HOUR, cron)[0]?.event).toBe("stillFailing");
    expect(told({}, failing(10), "Success", 20, cron)).toEqual([{ event: "recovered", suppressed: undefined }]);
  });

  it("from cron what is asked for in so many words is told each time", () => {
    expect(told({ notifyOn: "always" }, failing(10), "Failed", 20, cron)).toEqual(each);
    expect(told({ notifyOn: "always" }, failing(10), "Success", 20, cron)).toEqual([]);
    expect(told({ states: ["Success"] }, fine, "Success", 20, cron)).toEqual(each);
    const asked = told({ states: [], events: ["stillFailing"] }, failing(10), "Failed", 20, cron);
    expect(asked).toEqual([{ event: "stillFailing", suppressed: undefined }]);
  });
});

it("an incident that a failure has opened is closed by the next success, whatever else is said", () => {
  const pager = { type: "pagerduty" };
  expect(told({ notifyOn: "always" }, failing(10), "Success", 20, pager)).toMatchObject([{ event: "recovered" }]);
  expect(told({}, fine, "Success", 20, pager)).toEqual([]);
});

it("an incident that a slow run has opened is closed by the next success", () => {
  const pager = { type: "pagerduty" };
  const slow = { states: [], events: ["slow" as const], slowAfter: 15 };
  const events = (previous: typeof fine | undefined, at: number) =>
    told(slow, previous, "Success", at, pager).map(({ suppressed }) => suppressed);
  expect(events(fine, 20)).toEqual([undefined]);
  expect(events(fine, 10)).toEqual([]);
  expect(events(failing(10), 10)).toEqual([undefined]);
  expect(told(slow, fine, "Success", 20, { type: "slack" })).toEqual([]);
  expect(told({ ...slow, states: ["Success"], notifyOn: "change" }, fine, "Success", 20, pager)).toMatchObject([
    { suppressed: undefined },
  ]);
});

it("is one message where two hooks tell one channel and one of them keeps quiet", () => {
  const facts: RunFacts = {
    runId: "r",
    flow: "f",
    tags: [],
    startedAt: 0,
    startedBy: "cron",
    hooks: [
      { name: "quiet", states: ["Failed"], notifyOn: "change", to: ["team"] },
      { name: "loud", states: ["Failed"], notifyOn: "always", to: ["team"] },
    ],
    channels: { team: { type: "slack" } },
    previous: { ...failing(10), heardBy: ["quiet", "loud"] },
  };
  const all = hookTold(facts, { from: "Running", to: "Failed", message: null, at: 20 });
  expect(all).toMatchObject([{ names: ["loud"] }]);
  expect(all[0]).not.toHaveProperty("suppressed");
});
