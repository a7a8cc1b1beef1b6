import { describe, expect, it } from "vitest";
import { Flow, slackNotifier, Task, task, triggers } from "../../src/index.ts";
import type { Diagnostic, UserError } from "../../src/model/error.ts";
import { readTaskOptions } from "../../src/authoring/task-options.ts";
import { readRetry } from "../../src/authoring/retry-options.ts";

const read = (options: object): ReturnType<typeof readTaskOptions> => readTaskOptions(options, { name: "load" });

describe("task options", () => {
  it("become settings with durations in milliseconds", () => {
    const settings = read({
      retry: { max: 3, delay: ["1s", 500], maxDelay: "5m", backoff: 2, jitter: 0.1, on: TypeError },
      timeout: "5m",
      cacheFor: "1h",
      cacheKey: "k",
    });
    expect(settings).toMatchObject({
      retry: { max: 3, delay: [1000, 500], maxDelay: 300_000, backoff: 2, jitter: 0.1, on: [TypeError] },
      timeout: 300_000,
      cache: { for: 3_600_000, key: "k" },
      skipOnUpstreamSkip: true,
      checkpoint: true,
      priority: 0,
    });
    expect(read({ retry: 3 }).retry).toEqual({ max: 3 });
  });

  it("that are wrong are all named at once", () => {
    const wrong = {
      retry: { max: -1, delay: "soon", on: 3, dely: 1 },
      timeout: "5 bananas",
      stateHandlers: () => undefined,
      tags: "a",
      trigger: "any_failed",
      cacheKey: "k",
      priority: "high",
      retries: 3,
    };
    let message = "";
    try {
      read(wrong);
    } catch (error) {
      message = (error as Error).message;
    }
    for (const option of [
      "retry.max",
      "retry.delay",
      "retry.on",
      "retry.dely",
      "timeout",
      "stateHandlers",
      "tags",
      "trigger",
      "cacheKey",
      "priority",
      "retries",
    ]) {
      expect(message).toContain(`option "${option}"`);
    }
    expect(message).toContain('"stateHandlers" must be a list of state handlers, not a function');
  });

  it("are refused where the task is defined, in both forms", () => {
    class Load extends Task {
      run() {
        return 1;
      }
    }
    expect(() => task("load", { timeout: -1 }, () => 1)).toThrow('Task "load": option "timeout"');
    expect(() => new Load({ stateHandlers: (() => undefined) as never })).toThrow(
      'Task "Load": option "stateHandlers"',
    );
    expect(() => task("load", {} as never)).toThrow('Task "load" has no body');
  });

  it.each([
    [{ max_retries: 3 }, 'Write retry: { max: 3, delay: "10s" }.'],
    [{ retryDelay: "3s" }, 'Write retry: { max: 3, delay: "10s" }.'],
    [{ log_stdout: true }, "Leave it out: what a task prints is in its log."],
    [{ state_handlers: [] }, 'Did you mean "stateHandlers"?'],
    [{ constructor: 1 }, "Options are: "],
  ])("in Prefect's words are answered with what is written here: %j", (options, help) => {
    const diagnostics = (): readonly Diagnostic[] => {
      try {
        read(options);
        return [];
      } catch (error) {
        return (error as UserError).diagnostics;
      }
    };
    expect(diagnostics()).toEqual([expect.objectContaining({ help: expect.stringContaining(help) as string })]);
  });

  it("name a trigger where a word stands for one", () => {
    expect(() => read({ trigger: "any_failed" })).toThrow(
      'option "trigger" must be a trigger such as triggers.anyFailed, not "any_failed"',
    );
  });

  it.each([
    ["max_retries", 'Write retry: { max: 3, delay: "10s" }.'],
    ["upstream_tasks", "Write upstream: [a, b]."],
    ["task_args", 'Write its options themselves: { name: "…", trigger: … }.'],
    ["nout", "Leave it out: the parts of a reference are references, const first = pair()[0]."],
    ["return_all", 'Write capture: "lines".'],
    ["skip_on_upstream_skip", 'Did you mean "skipOnUpstreamSkip"?'],
  ])("of Prefect's are answered with what is written here: %s", (option, help) => {
    let found: readonly Diagnostic[] = [];
    try {
      read({ [option]: [] });
    } catch (error) {
      found = (error as UserError).diagnostics;
    }
    expect(found.map((each) => each.help)).toEqual([help]);
  });

  it("take notifiers, not what makes them", () => {
    const said = 'option "stateHandlers" must hold what a notifier\'s function returns: call it, slackNotifier().';
    expect(() => read({ stateHandlers: [slackNotifier] })).toThrow(said);
    expect(() => new Flow("f", { stateHandlers: [slackNotifier as never] })).toThrow(said);
    expect(read({ stateHandlers: [slackNotifier()] }).stateHandlers).toHaveLength(1);
  });

  it("let a notification task with a trigger of its own run after a skip", () => {
    const defaults = { name: "slack", kind: "notification" } as const;
    expect(readTaskOptions({ trigger: triggers.anyFailed }, defaults).skipOnUpstreamSkip).toBe(false);
    expect(readTaskOptions({ trigger: triggers.allSuccessful }, defaults).skipOnUpstreamSkip).toBe(true);
    expect(readTaskOptions({}, defaults).skipOnUpstreamSkip).toBe(true);
    expect(readTaskOptions({ trigger: triggers.anyFailed }, { name: "t" }).skipOnUpstreamSkip).toBe(true);
  });
});

describe("retry", () => {
  it("tells an error class from a predicate", () => {
    const isBusy = (error: unknown): boolean => error instanceof TypeError;
    class Own extends Error {}
    const on = (value: unknown): unknown => {
      const answer = readRetry({ max: 1, on: value });
      return "policy" in answer ? answer.policy.on : "wrong";
    };
    expect(on(isBusy)).toBe(isBusy);
    expect(on(Own)).toEqual([Own]);
    expect(on([Own, RangeError])).toEqual([Own, RangeError]);
    expect(on([])).toBe("wrong");
    expect(on("Own")).toBe("wrong");
  });

  it("reads what a computed delay answers", () => {
    const answer = readRetry({ max: 1, delay: (attempt: number) => (attempt === 1 ? "2s" : "later") });
    const delay = "policy" in answer ? (answer.policy.delay as (attempt: number, error: unknown) => number) : undefined;
    expect(delay?.(1, null)).toBe(2000);
    expect(() => delay?.(2, null)).toThrow("retry.delay answered later");
  });
});
