import { expect, test } from "vitest";
import { Failures } from "../../src/hooks/failures.ts";
import type { TaskState } from "../../src/model/event.ts";
import { state, type State } from "../../src/model/state.ts";

const base = { type: "task-state", runId: "r1", at: 1, kind: "task", attempt: 1, from: state("Running") } as const;
const ended = (task: string, to: State, more: Partial<TaskState> = {}): TaskState => ({
  ...base,
  seq: 1,
  task,
  to,
  ...more,
});
const failed = (message: string): State =>
  state("Failed", {
    message,
    result: Object.assign(new Error(message), { stack: `${message}\n  | the disk is full` }),
  });

test("a run's failure is explained by the whole error of the task that failed first by itself", () => {
  const failures = new Failures();
  failures.add(ended("below", failed("exit code 4"), { causedBy: "extract" }));
  failures.add(ended("extract", failed("exit code 3")));
  failures.add(ended("load", failed("exit code 5")));
  expect(failures.detail()).toBe("extract: exit code 3\n  | the disk is full");
});

test("what was mended meanwhile, or says no more than its first line, explains nothing", () => {
  const failures = new Failures();
  failures.add(ended("extract", failed("exit code 3")));
  failures.add(ended("extract", state("Success")));
  failures.add(ended("other", state("Failed", { message: "no rows" })));
  expect(failures.detail()).toBeUndefined();
});
