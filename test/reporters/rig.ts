import type { Screen } from "../../src/host/host.ts";
import type { RunEvent } from "../../src/model/event.ts";
import { state, type State, type StateType } from "../../src/model/state.ts";
import { glyphsOf, NO_COLOR } from "../../src/reporters/palette.ts";
import type { ViewOptions } from "../../src/reporters/plain.ts";
import type { Reporter, RunReport } from "../../src/reporters/reporter.ts";

export const START = Date.UTC(2026, 10, 24, 2, 15);

/** A screen that keeps what is written to it. */
export interface KeptScreen extends Screen {
  text: string;
  columns: number;
  rows: number;
}

export function keptScreen(columns = 0, rows = 0): KeptScreen {
  return {
    text: "",
    isTTY: columns > 0,
    columns,
    rows,
    write(text) {
      this.text += text;
    },
  };
}

export function view(screen: Screen, more: Partial<ViewOptions> = {}): ViewOptions {
  return {
    screen,
    palette: NO_COLOR,
    glyphs: glyphsOf(true),
    header: { version: "1.0.0", file: "/repo/flows/etl.ts", config: undefined, cwd: "/repo" },
    cwd: "/repo",
    ...more,
  };
}

type Subject = { readonly task: string; readonly mapIndex?: number; readonly kind?: string };

/** Plays a run's events into a reporter, at times that it chooses. */
export class Play {
  readonly #reporter: Reporter;
  #seq = 0;
  #at = START;

  constructor(reporter: Reporter) {
    this.#reporter = reporter;
  }

  get now(): number {
    return this.#at;
  }

  later(ms: number): this {
    this.#at += ms;
    return this;
  }

  started(taskCount = 3, flow = "nightly-etl"): this {
    return this.#send({ type: "run-started", flow, params: {}, taskCount });
  }

  task(subject: string | Subject, to: State | StateType, more: object = {}): this {
    const place = typeof subject === "string" ? { task: subject } : subject;
    const next = typeof to === "string" ? state(to as "Success") : to;
    const from = state(next.type === "Running" ? "Pending" : "Running");
    return this.#send({ type: "task-state", kind: "task", attempt: 1, from, to: next, ...place, ...more });
  }

  mapped(task: string, width: number): this {
    return this.#send({ type: "task-mapped", task, width });
  }

  said(task: string | undefined, text: string, stream = "stdout"): this {
    return this.#send({ type: "task-output", stream, text, ...(task === undefined ? {} : { task }) });
  }

  ended(to: State | StateType): this {
    const next = typeof to === "string" ? state(to as "Success") : to;
    return this.#send({ type: "run-state", from: state("Running"), to: next });
  }

  async end(more: Partial<RunReport> = {}): Promise<void> {
    await this.#reporter.onEnd?.({
      runId: "7k2q9d",
      flow: "nightly-etl",
      file: "/repo/flows/etl.ts",
      durationMs: this.#at - START,
      notifications: [],
      ...more,
    });
  }

  #send(event: object): this {
    this.#reporter.onEvent({ seq: (this.#seq += 1), runId: "7k2q9d", at: this.#at, ...event } as RunEvent);
    return this;
  }
}

/** A run in which a task fails after a retry, so that another does not run, and an alert is sent. */
export function failingRun(play: Play): Play {
  const error = Object.assign(new Error("exit code 1"), {
    stack: "Error: exit code 1\n    at load (file:///repo/flows/etl.ts:42:7)\n    at node:internal/x:1:1",
  });
  const failed = state("Failed", { message: "exit code 1", result: error });
  play.started(4).task("extract", "Running").later(4100).task("extract", "Success").task("load", "Running");
  for (let line = 1; line <= 12; line += 1) play.said("load", `line ${line}`);
  play.later(2300).task("load", failed, { willRetry: true });
  play.task("load", state("Retrying", { startTime: play.now + 2000, runCount: 1 }));
  play.later(2000).task("load", "Running", { attempt: 2 }).later(8100).task("load", failed, { attempt: 2 });
  play.task("report", "TriggerFailed", { causedBy: "load" });
  play.task({ task: "alert", kind: "notification" }, "Running").later(100);
  play.task({ task: "alert", kind: "notification" }, "Success");
  return play.ended(state("Failed", { message: "Some reference tasks failed." }));
}
