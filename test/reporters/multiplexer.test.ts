import { expect, test } from "vitest";
import type { RunEvent } from "../../src/model/event.ts";
import { state } from "../../src/model/state.ts";
import { multiplex } from "../../src/reporters/multiplexer.ts";
import type { RunReport } from "../../src/reporters/reporter.ts";

const HIDDEN = "s3cret-value";
const BELL = `\u001b]0;t\u0007${HIDDEN.slice(0, 4)}\u001b[2J${HIDDEN.slice(4)}\u009b1m`;
const base = { seq: 1, runId: "r", at: 0 };
const failed = state("Failed", { message: HIDDEN, result: Object.assign(new Error(HIDDEN), { stack: HIDDEN }) });

function handedOn(event: RunEvent): string {
  let seen = "";
  const reporter = {
    onEvent: (each: RunEvent) => {
      seen = JSON.stringify(each, (_, value: unknown) =>
        value instanceof Error ? [value.name, value.message, value.stack] : value,
      );
    },
  };
  multiplex([{ name: "a", reporter }], (text) => text.replaceAll(HIDDEN, "***")).onEvent(event);
  return seen;
}

const EVENTS: readonly (readonly [string, object])[] = [
  ["a line of output", { type: "task-output", task: "a", stream: "stdout", text: HIDDEN }],
  ["a task's message and error", { type: "task-state", task: "a", attempt: 1, from: state("Running"), to: failed }],
  ["a run's message and error", { type: "run-state", from: state("Running"), to: failed }],
  ["a run's result", { type: "run-state", from: state("Running"), to: state("Success", { result: { a: [HIDDEN] } }) }],
  ["a task's name", { type: "task-output", task: BELL, stream: "stdout", text: "x" }],
  ["the name of the cause", { type: "task-state", task: "a", causedBy: BELL, attempt: 1, to: state("Skipped") }],
  ["a mapped task's name", { type: "task-mapped", task: BELL, width: 2 }],
  ["a flow's name", { type: "run-started", flow: BELL, taskCount: 1 }],
];

test.each(EVENTS)("reporters get %s clean, then masked", (_, event) => {
  const seen = handedOn({ ...base, ...event } as RunEvent);
  expect(seen).toContain("***");
  expect(seen).not.toMatch(/s3cret|\\u001b|\\u0007|\u009b/);
});

test("reporters get the run's report clean, then masked", async () => {
  let seen: RunReport | undefined;
  const reporter = { onEvent: () => undefined, onEnd: (report: RunReport) => void (seen = report) };
  const all = multiplex([{ name: "a", reporter }], (text) => text.replaceAll(HIDDEN, "***"));
  await all.onEnd({ runId: "r", flow: BELL, file: undefined, durationMs: 1, notifications: [BELL] });
  expect(seen).toMatchObject({ flow: "***", notifications: ["***"] });
});
