import { escapeControls } from "../model/clean.ts";
import type { RunEvent, RunState, TaskState } from "../model/event.ts";
import { isFailed, isFinished } from "../model/state.ts";
import { Tally } from "../model/tally.ts";
import type { Reporter, RunReport } from "./reporter.ts";

/** Where lines go: a screen or a file. */
export interface LineSink {
  write(text: string): void;
}

type Json = Readonly<Record<string, unknown>>;

/**
 * Writes one JSON object a line, for programs. The form is versioned by `v`: within a
 * version fields are added and never changed. The last line is `run.finished`, however
 * the run ends.
 */
export class JsonlReporter implements Reporter {
  readonly #sink: LineSink;
  readonly #tally = new Tally();
  #last: RunState | undefined;
  #seq = 0;

  constructor(sink: LineSink) {
    this.#sink = sink;
  }

  onEvent(event: RunEvent): void {
    switch (event.type) {
      case "run-started":
        this.#tally.add(event);
        this.#write(event, "run.started", { flow: event.flow, tasks: event.taskCount });
        break;
      case "run-state":
        this.#last = event;
        break;
      case "task-mapped":
        this.#write(event, "task.mapped", { task: event.task, width: event.width });
        break;
      case "task-output":
        this.#write(event, "task.log", { ...place(event), stream: event.stream, text: event.text });
        break;
      case "task-state":
        this.#task(event);
        break;
    }
  }

  onEnd(report: RunReport): void {
    const to = this.#last?.to;
    const at = this.#last?.at ?? 0;
    this.#write({ at, runId: report.runId }, "run.finished", {
      flow: report.flow,
      state: to?.type ?? "Crashed",
      ...(to?.message == null ? {} : { message: to.message }),
      ms: report.durationMs,
      ...(to?.type === "Success" && to.result !== null ? { result: to.result } : {}),
      counts: this.#tally.counts,
      notifications: report.notifications,
    });
  }

  #task(event: TaskState): void {
    const seen = this.#tally.add(event);
    if (seen === undefined) return;
    const { to, attempt } = event;
    const subject = { ...place(event), attempt };
    switch (seen.verdict) {
      case "start":
        this.#write(event, "task.started", subject);
        break;
      case "retry":
        this.#write(event, "task.retrying", { ...subject, ...messageOf(event), ...startTimeOf(event) });
        break;
      case "kept":
        this.#write(event, "task.kept", { ...subject, state: to.type });
        break;
      case "skip":
      case "not-needed":
        this.#write(event, "task.skipped", {
          ...subject,
          state: to.type,
          ...messageOf(event),
          ...(event.causedBy === undefined ? {} : { causedBy: event.causedBy }),
          ...(seen.verdict === "not-needed" ? { notNeeded: true } : {}),
        });
        break;
      case "ok":
      case "cached":
      case "fail":
      case "cancelled":
      case "paused":
        this.#write(event, isFinished(to) ? "task.finished" : "task.paused", {
          ...subject,
          state: to.type,
          ms: seen.durationMs,
          ...(isFailed(to) ? { error: errorOf(event) } : messageOf(event)),
        });
        break;
    }
  }

  #write(event: { readonly at: number; readonly runId: string }, type: string, more: Json): void {
    const head = { v: 1, seq: (this.#seq += 1), ts: new Date(event.at).toISOString(), run: event.runId, type };
    this.#sink.write(`${escapeControls(JSON.stringify({ ...head, ...more }))}\n`);
  }
}

function place(event: { readonly task?: string; readonly mapIndex?: number }): Json {
  return {
    ...(event.task === undefined ? {} : { task: event.task }),
    ...(event.mapIndex === undefined ? {} : { mapIndex: event.mapIndex }),
  };
}

function messageOf({ to }: TaskState): Json {
  return to.message === null ? {} : { message: to.message };
}

function startTimeOf({ to }: TaskState): Json {
  return "startTime" in to && to.startTime !== null ? { startTime: new Date(to.startTime).toISOString() } : {};
}

function errorOf({ to }: TaskState): Json {
  const error: Partial<Error> & { readonly exitCode?: unknown } = to.result instanceof Error ? to.result : {};
  return {
    ...(error.name === undefined ? {} : { name: error.name }),
    message: to.message ?? to.type,
    ...(typeof error.exitCode === "number" ? { exitCode: error.exitCode } : {}),
  };
}
