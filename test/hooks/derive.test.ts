import { expect, test } from "vitest";
import { slackNotifier, smsNotifier } from "../../src/authoring/notifiers.ts";
import { createDeriver, refusedTold } from "../../src/hooks/derive.ts";
import { hookTold, slowTimes, slowTold } from "../../src/hooks/hook-told.ts";
import type { RunFacts, Told } from "../../src/hooks/told.ts";
import type { RunState, TaskState } from "../../src/model/event.ts";
import type { Hook } from "../../src/model/hook.ts";
import type { Alert } from "../../src/model/notification.ts";
import type { Notifier } from "../../src/model/notifier.ts";
import { state, type State } from "../../src/model/state.ts";

const failed = state("Failed", { message: "no rows", result: new Error("no rows") });
const triggerFailed = state("TriggerFailed", { message: "Trigger was not met." });
const hook = (more: Partial<Hook> = {}): Hook => ({ name: "h", states: ["Failed"], to: ["team"], ...more });

function facts(more: Partial<RunFacts> = {}): RunFacts {
  const channels = { team: { type: "slack" }, oncall: { type: "sms", fallback: "team" } };
  const base = { runId: "r1", flow: "nightly-etl", tags: ["prod"], startedAt: 0, startedBy: "cron" as const };
  return { ...base, hooks: [], channels, ...more };
}

let seq = 0;
function taskState(task: string, to: State, more: Partial<TaskState> = {}): TaskState {
  const from = state("Running");
  return { type: "task-state", seq: ++seq, runId: "r1", at: 1000, task, kind: "task", attempt: 1, from, to, ...more };
}
function runState(to: State, notifiers?: readonly Notifier[]): RunState {
  const from = state("Running");
  return { type: "run-state", seq: ++seq, runId: "r1", at: 2000, from, to, ...(notifiers ? { notifiers } : {}) };
}
const alertOf = ({ message }: Told): Alert => (message as { alert: Alert }).alert;

test("one failure with ten tasks below it is one message for each notifier", () => {
  const deriver = createDeriver(() => facts());
  const notifiers = [
    slackNotifier({ onlyStates: ["Failed"] }),
    smsNotifier({ onlyStates: ["Failed"], to: "+15005550006", from: "+15005550001" }),
  ];
  const told = [
    ...deriver.on(taskState("extract", failed, { notifiers })),
    ...Array.from({ length: 10 }, (_, i) =>
      deriver.on(taskState(`below-${i}`, triggerFailed, { notifiers, causedBy: "extract" })),
    ).flat(),
  ];
  expect(told.map(({ definition }) => definition.type)).toEqual(["slack", "sms"]);
});

test("a notifier that only watches the tasks below tells of the failure once", () => {
  const deriver = createDeriver(() => facts());
  const notifiers = [slackNotifier({ onlyStates: ["Failed"] })];
  deriver.on(taskState("extract", failed));
  const told = ["a", "b"].flatMap((name) =>
    deriver.on(taskState(name, triggerFailed, { notifiers, causedBy: "extract" })),
  );
  expect(told.map((each) => alertOf(each).task)).toEqual(["a"]);
});

test("a failure that will be retried is silent; the last one is told", () => {
  const deriver = createDeriver(() => facts());
  const notifiers = [slackNotifier({ onlyStates: ["Failed"] })];
  expect(deriver.on(taskState("load", failed, { notifiers, willRetry: true }))).toEqual([]);
  expect(deriver.on(taskState("load", failed, { notifiers, attempt: 2 }))).toHaveLength(1);
});

test("attempts: true tells of each failed attempt; Retrying among the states tells of each retry", () => {
  const deriver = createDeriver(() => facts());
  const attempts = [slackNotifier({ onlyStates: ["Failed"], attempts: true })];
  expect(deriver.on(taskState("a", failed, { notifiers: attempts, willRetry: true }))).toHaveLength(1);
  const retrying = [slackNotifier({ onlyStates: ["Failed", "Retrying"] })];
  const told = [
    ...deriver.on(taskState("b", failed, { notifiers: retrying, willRetry: true })),
    ...deriver.on(
      taskState("b", state("Retrying", { message: "Retrying after attempt 1 of 3.", startTime: 61_000 }), {
        notifiers: retrying,
        from: failed,
      }),
    ),
  ];
  expect(told.map((each) => alertOf(each))).toMatchObject([
    { to: "Retrying", summary: "no rows: Retrying after attempt 1 of 3, next in 1m 00s" },
  ]);
});

test.each([
  [["Failed"], undefined, "TimedOut", true],
  [["Failed"], ["TimedOut"], "TimedOut", false],
  [["Success"], undefined, "Cached", true],
  [undefined, ["Running"], "Running", false],
  [undefined, undefined, "Running", true],
] as const)("onlyStates %j and ignoreStates %j: %s is told: %s", (onlyStates, ignoreStates, type, isTold) => {
  const notifier = slackNotifier({ ...(onlyStates && { onlyStates }), ...(ignoreStates && { ignoreStates }) });
  const told = createDeriver(() => facts()).on(taskState("t", state(type), { notifiers: [notifier] }));
  expect(told).toHaveLength(isTold ? 1 : 0);
});

test("a notification task that was not needed is news for nobody", () => {
  const deriver = createDeriver(() => facts({ hooks: [hook()] }));
  const notifiers = [slackNotifier()];
  expect(deriver.on(taskState("alert", triggerFailed, { notifiers, kind: "notification" }))).toEqual([]);
  const [told] = deriver.on(runState(state("Failed", { message: "x" })));
  expect(alertOf(told!).failures).toBeUndefined();
});

test("the children of a mapped task are the first failure at once and one message with counts at the end", () => {
  const deriver = createDeriver(() => facts());
  const notifiers = [slackNotifier({ onlyStates: ["Failed"] })];
  const fail = (mapIndex: number, message: string): readonly Told[] =>
    deriver.on(taskState("load", state("Failed", { message }), { notifiers, mapIndex }));
  expect(fail(4, "timeout after 120 ms")).toHaveLength(1);
  for (let i = 5; i < 40; i++) expect(fail(i, `timeout after ${i} ms`)).toEqual([]);
  fail(50, "no such file /data/1.csv");
  const [told] = deriver.on(runState(failed));
  expect(alertOf(told!).group).toEqual({
    failed: 37,
    total: 37,
    kinds: 2,
    errors: [
      { text: "timeout after 120 ms", first: "load[4]", count: 36 },
      { text: "no such file /data/1.csv", first: "load[50]", count: 1 },
    ],
  });
});

test("children that go on failing are told of every five minutes, with their count so far", () => {
  const deriver = createDeriver(() => facts());
  const notifiers = [slackNotifier({ onlyStates: ["Failed"] })];
  const fail = (mapIndex: number, minutes: number): readonly Told[] =>
    deriver.on(taskState("load", failed, { notifiers, mapIndex, at: minutes * 60_000 }));
  expect(Array.from({ length: 13 }, (_, i) => fail(i, i).length)).toEqual([1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0]);
  const [told] = deriver.on(runState(failed));
  expect(alertOf(told!)).toMatchObject({
    group: { failed: 13, total: 13 },
    summary: "13 children failed with 1 distinct error",
  });
});

test("children that succeed are one message at the end; that they start, and that their parent is mapped, is none", () => {
  const deriver = createDeriver(() => facts());
  const notifiers = [slackNotifier({ ignoreStates: ["Pending"] })];
  const on = (to: State, mapIndex?: number): readonly Told[] =>
    deriver.on(taskState("load", to, { notifiers, ...(mapIndex === undefined ? {} : { mapIndex }) }));
  expect(on(state("Mapped"))).toEqual([]);
  for (let i = 0; i < 40; i++) {
    expect(on(state("Running"), i)).toEqual([]);
    expect(on(state(i % 4 === 0 ? "Skipped" : "Success"), i)).toEqual([]);
  }
  expect(deriver.on(runState(state("Success"))).map(alertOf)).toMatchObject([
    { task: "load", to: "Success", summary: "children: 10 Skipped, 30 Success" },
  ]);
});

test("a run's tasks send a destination so many failures and so many others, and no more; the rest is one that says how many and which failed", () => {
  const deriver = createDeriver(() => facts(), { mostPerRun: 3 });
  const notifiers = [slackNotifier()];
  const said = Array.from({ length: 10 }, (_, i) => [
    ...deriver.on(taskState(`t${i}`, state("Running"), { notifiers })),
    ...deriver.on(taskState(`t${i}`, i >= 5 ? failed : state("Success"), { notifiers })),
  ]).flat();
  expect(said.filter((each) => alertOf(each).to === "Failed")).toHaveLength(3);
  expect(said).toHaveLength(6);
  const [told] = deriver.on(runState(failed));
  expect(alertOf(told!)).toMatchObject({
    text: "14 more messages of this run's tasks were not sent (a run sends at most 3 failures and as many others to one channel): 4 Success, 8 Running, 2 Failed",
    failures: [{ task: "t8", message: "no rows" }, { task: "t9" }],
  });
});

test("a hook's message carries the failures, those first that failed by themselves", () => {
  const deriver = createDeriver(() => facts({ hooks: [hook()] }));
  deriver.on(taskState("report", triggerFailed, { causedBy: "load" }));
  deriver.on(taskState("load", failed));
  const [told] = deriver.on(runState(state("Failed", { message: "Some reference tasks failed." })));
  expect(alertOf(told!)).toMatchObject({
    subject: "flow",
    from: "Running",
    to: "Failed",
    failures: [{ task: "load", message: "no rows" }, { task: "report" }],
    failureCount: 2,
    durationMs: 2000,
    startedBy: "cron",
  });
});

test("a hook and a notifier that tell the same channel of the same change make one message", () => {
  const deriver = createDeriver(() => facts({ hooks: [hook(), hook({ name: "other" })] }));
  const told = deriver.on(runState(failed, [slackNotifier({ channel: "team" })]));
  expect(new Set(told.map(({ event, key, definition }) => JSON.stringify([event, key, definition]))).size).toBe(1);
  expect(told.filter(({ origin }) => origin === "hook")).toMatchObject([{ names: ["h", "other"] }]);
});

test.each([
  [{ flows: ["nightly-*"] }, true],
  [{ flows: ["weekly-*"] }, false],
  [{ tags: ["pr*"] }, true],
  [{ tags: ["dev"] }, false],
  [{ environment: ["ci"] }, false],
  [{ environment: ["ci", "cron"], tags: ["prod"], flows: ["*"] }, true],
] as const)("a hook with match %j is about the run: %s", (match, isAbout) => {
  const change = { from: "Running", to: "Crashed", message: null, at: 1 } as const;
  expect(hookTold(facts({ hooks: [hook({ match })] }), change)).toHaveLength(isAbout ? 1 : 0);
});

test("a refused run is told; before the flow's name is known its file's stem and path are matched", () => {
  const refused = (flows: string[]): readonly Told[] =>
    refusedTold(
      facts({ hooks: [hook({ match: { flows } })], flow: "etl", file: "/repo/flows/etl.ts", isLoaded: false }),
      "etl.ts:3:1: unexpected token\nmore",
      5,
    );
  expect(refused(["etl"])).toMatchObject([
    { message: { alert: { reason: "refused", to: "Failed", from: "Pending" } } },
  ]);
  expect(alertOf(refused(["/repo/**"])[0]!).summary).toBe("etl.ts:3:1: unexpected token");
  expect(refused(["nightly-*"])).toEqual([]);
});

test("recovered, still failing, started and slow are told to hooks that ask for them", () => {
  const hooks = [hook({ states: [], events: ["started", "slow", "recovered", "stillFailing"], slowAfter: 60_000 })];
  const after = facts({ hooks, previous: { runId: "r0", state: "Failed", failed: 3, at: 0, since: 0, heardBy: [] } });
  const change = (to: State["type"]) => ({ from: "Running", to, message: null, at: 1 }) as const;
  expect(hookTold(after, change("Success"))).toMatchObject([
    { event: "run-success", message: { alert: { event: "recovered", failedBefore: 3 } } },
  ]);
  expect(hookTold(after, change("TimedOut"))).toMatchObject([
    { event: "run-timedout", message: { alert: { event: "stillFailing" } } },
  ]);
  expect(hookTold(facts({ hooks }), change("Success"))).toEqual([]);
  expect(hookTold(after, change("Running"))).toMatchObject([
    { event: "run-running", message: { alert: { event: "started" } } },
  ]);
  expect(slowTimes(after)).toEqual([60_000]);
  expect(slowTimes(facts({ hooks: [hook(), hook({ slowAfter: 60_000 }), hook({ events: ["slow"] })] }))).toEqual([]);
  expect(slowTold(after, 60_000, 60_001)).toMatchObject([{ event: "run-slow", message: { alert: { event: "slow" } } }]);
  const later = { ...after, hooks: [...hooks, hook({ states: [], events: ["slow"], slowAfter: 120_000 })] };
  const keys = [60_000, 120_000].map((afterMs) => slowTold(later, afterMs, afterMs)[0]?.key);
  expect(new Set(keys).size).toBe(2);
});

test("a channel's fallback is frozen into what is told", () => {
  const [told] = hookTold(facts({ hooks: [hook({ to: ["oncall"] })] }), {
    from: "Running",
    to: "Failed",
    message: null,
    at: 1,
  });
  expect(told).toMatchObject({
    channelName: "oncall",
    fallback: { channelName: "team", definition: { type: "slack" } },
  });
});

test("a fallback's own fallback is frozen, too, and a circle of them ends", () => {
  const channels = {
    a: { type: "slack", fallback: "b" },
    b: { type: "sms", fallback: "c" },
    c: { type: "email", fallback: "a" },
  };
  const change = { from: "Running", to: "Failed", message: null, at: 1 } as const;
  const [told] = hookTold(facts({ channels, hooks: [hook({ to: ["a"] })] }), change);
  const [b, c] = [told?.fallback, told?.fallback?.fallback];
  expect([b?.channelName, c?.channelName, c?.fallback]).toEqual(["b", "c", undefined]);
  expect([b?.key, c?.key]).toEqual(["run/fallback", "run/fallback"]);
});

test("a notifier for a channel that config does not have is reported once", () => {
  const unknown: string[] = [];
  const deriver = createDeriver(() => facts(), { onUnknownChannel: (name) => unknown.push(name) });
  const notifiers = [slackNotifier({ channel: "taem" })];
  deriver.on(taskState("a", failed, { notifiers }));
  deriver.on(taskState("b", failed, { notifiers }));
  expect(unknown).toEqual(["taem"]);
});

test("a hook's own words are put together with what it tells; without anybody to do so they are said as they stand", () => {
  const hooks = [hook({ message: "it is over" })];
  const templates = {
    text: (text: string, { to, failures = [] }: Alert) => `${text}: ${to}, ${failures[0]?.task ?? ""}`,
    ofChannel: () => undefined,
  };
  for (const [more, said] of [
    [{ templates }, "it is over: Failed, load"],
    [{}, "it is over"],
  ] as const) {
    const deriver = createDeriver(() => facts({ hooks, ...more }));
    const notifiers = [slackNotifier({ message: "look" })];
    const [own] = deriver.on(taskState("load", failed, { notifiers }));
    expect(alertOf(own!).text).toBe("templates" in more ? "look: Failed, " : "look");
    const [told] = deriver.on(runState(failed));
    expect(alertOf(told!).text).toBe(said);
  }
});

test("an error's text ends with the person's own frame: what called it is flowctl's", () => {
  const ours = new URL("../../src/engine/call-body.ts", import.meta.url).pathname;
  const error = new Error("no rows", { cause: "a text" });
  error.stack = `Error: no rows\n    at ${ours}:1:1\n    at load (/srv/etl.ts:2:3)\n    at run (${ours}:4:5)\n    at node:internal/x:1:1\n[code 7]`;
  const deriver = createDeriver(() => facts());
  const detail = (result: Error): unknown => {
    const notifiers = [slackNotifier({ onlyStates: ["Failed"] })];
    const [told] = deriver.on(taskState(`load-${seq}`, state("Failed", { message: "x", result }), { notifiers }));
    return alertOf(told!).detail;
  };
  expect(detail(error)).toBe(`Error: no rows\n    at ${ours}:1:1\n    at load (/srv/etl.ts:2:3)\n[code 7]`);
  // An error of flowctl's alone keeps all it has.
  error.stack = `Error: no rows\n    at ${ours}:1:1\n    at run (${ours}:4:5)`;
  expect(detail(error)).toBe(error.stack);
});

test("a glob's star takes any part of a name, as names are no paths", () => {
  const isTold = (flows: string, flow: string): boolean => {
    const change = { from: "Running", to: "Failed", message: null, at: 1 } as const;
    return hookTold(facts({ flow, hooks: [hook({ match: { flows: [flows] } })] }), change).length === 1;
  };
  expect(["*", "team/*", "*etl", "team/sales/etl"].map((glob) => isTold(glob, "team/sales/etl"))).toEqual([
    true,
    true,
    true,
    true,
  ]);
  expect(isTold("*", "two\nlines")).toBe(true);
  expect(isTold("etl*", "team/etl")).toBe(false);
  expect(isTold("!prod*", "prod/etl")).toBe(false);
});

test("a notifier that asks for retries hears of a mapped child's, and not of its start", () => {
  const deriver = createDeriver(() => facts());
  const notifiers = [slackNotifier({ onlyStates: ["Running", "Retrying"] })];
  const on = (to: State) =>
    deriver.on(taskState("load", to, { notifiers, mapIndex: 3 })).map((each) => alertOf(each).to);
  expect([...on(state("Running")), ...on(state("Retrying"))]).toEqual(["Retrying"]);
});

test("a failed run whose state has no error gives the place of its first failed task's error", () => {
  const deriver = createDeriver(() => facts());
  deriver.on(taskState("load", failed));
  expect(deriver.changeOf(runState(state("Failed"))).detail).toMatch(/^load: Error: no rows\n +at /);
  expect(deriver.changeOf(runState(state("Success"))).detail).toBeUndefined();
});
