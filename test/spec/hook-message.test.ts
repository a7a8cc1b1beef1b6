import { expect, test } from "vitest";
import type { Alert } from "../../src/model/notification.ts";
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
  expect(composeMessage(text, alert)).toBe(said);
});
