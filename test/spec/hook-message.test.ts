import { expect, test } from "vitest";
import type { Alert } from "../../src/model/notification.ts";
import { load, problems } from "./rig.ts";
import { escapeValues, withoutMarks } from "../../src/model/value-marks.ts";
import { composeMessage } from "../../src/spec/hook-message.ts";

const alert: Alert = {
  subject: "flow",
  flow: "nightly",
  runId: "r1",
  from: "Running",
  to: "Failed",
  summary: "2 tasks failed",
  failures: [
    { task: "load", type: "Failed", message: "no rows" },
    { task: "mail", type: "TriggerFailed", message: null },
  ],
  failureCount: 7,
  at: Date.UTC(2026, 0, 31),
  durationMs: 852_000,
  host: "etl-1",
};

test("of a task its own state is told, beside its run's", () => {
  const task: Alert = { ...alert, subject: "task", task: "load", mapIndex: 3, attempt: 2, summary: "no rows" };
  const text =
    "${{ task.name }}[${{ task.index }}] ${{ task.state }} (${{ task.attempt }}): ${{ task.message }}, ${{ run.state }}";
  expect(withoutMarks(composeMessage(text, task))).toBe("load[3] Failed (2): no rows, Running");
  expect(composeMessage("${{ task.name }}", alert)).toBe("${{ task.name }}");
});

test("marks the values of expressions, and nothing that the author wrote", () => {
  const text = "<${{ run.host }}> ${{ run.failed }} $${{ x }} ${{ run.oops }}";
  const upper = (value: string): string => value.toUpperCase();
  expect(escapeValues(composeMessage(text, alert), upper)).toBe("<ETL-1> LOAD, MAIL ${{ x }} ${{ run.oops }}");
});

test("a notifier's words are checked where they stand: a task's may read the task", async () => {
  const handlers = { slackNotifier: async () => () => () => undefined };
  const text = `stateHandlers: [{ uses: slackNotifier, with: { message: "\${{ task.name }}" } }]
tasks:
  a:
    run: "true"
    stateHandlers: [{ uses: slackNotifier, with: { message: "\${{ task.name }} \${{ task.stat }}" } }]
`;
  const found = await problems(load(text, { handlers }));
  expect(found.map(({ message, line, column }) => [message, line, column])).toEqual([
    ['"task" is not known in expressions', 1, 62],
    ['"task" has no "stat"', 5, 83],
  ]);
});

test.each([
  [
    "${{ flow.name }} is ${{run.state}} on ${{ run.host }} after ${{ run.duration }}",
    "nightly is Failed on etl-1 after 14m 12s",
  ],
  ["${{ run.failed }}", "load, mail"],
  ["${{ run.failureCount > 5 ? 'many' : run.failed[0] }} ${{ date(now) }}", "many 2026-01-31"],
  ["${{ run.failures.map(each, each.task + ': ' + each.message) }}", "load: no rows, mail: "],
  ["${{ run.user }}${{ run.event }}", ""],
  [
    "$${{ as it is }} and ${{ run.failed[9] }}, ${{ run.oops }}, ${{ 1 + }}",
    "${{ as it is }} and ${{ run.failed[9] }}, ${{ run.oops }}, ${{ 1 + }}",
  ],
  ["an open ${{ end", "an open ${{ end"],
])("%s says %s: what has no value stays as it was written", (text, said) => {
  expect(withoutMarks(composeMessage(text, alert))).toBe(said);
});
