import type { RunEvent, TaskOutput, TaskState } from "../model/event.ts";
import type { Logger } from "../model/logger.ts";
import type { Notifier } from "../model/notifier.ts";
import { isFinished, type State } from "../model/state.ts";
import type { Task, TaskKind } from "../model/task.ts";
import type { Origin, RunOptions } from "./run-options.ts";
import { PENDING, type TaskRun } from "./task-run.ts";
import { isThenable } from "./thenable.ts";

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

/** What a person would not count as a task. */
const PLUMBING: ReadonlySet<TaskKind> = new Set(["parameter", "constant", "collection", "secret"]);

/** Numbers and dates the events of one run, and hands them to its recorder. */
export class RunEvents {
  readonly #options: RunOptions;
  readonly #onBreak: (error: unknown) => void;
  #seq: number;
  #isClosed = false;

  /** @param onBreak what happens when the recorder itself fails: the run cannot go on */
  constructor(options: RunOptions, onBreak: (error: unknown) => void) {
    this.#options = options;
    this.#onBreak = onBreak;
    this.#seq = options.lastSeq ?? 0;
    options.listen?.((line) => {
      if (!this.#isClosed) void this.#record({ ...this.#stamp(), type: "task-output", ...line });
    });
  }

  started(flow: string, kinds: readonly { readonly kind: TaskKind }[]): void | Promise<void> {
    const taskCount = kinds.reduce((sum, { kind }) => (PLUMBING.has(kind) ? sum : sum + 1), 0);
    return this.#record({ ...this.#stamp(), type: "run-started", flow, params: this.#options.params, taskCount });
  }

  run(from: State, to: State, notifiers: readonly Notifier[]): void | Promise<void> {
    const attached = notifiers.length === 0 ? {} : { notifiers };
    return this.#record({ ...this.#stamp(), type: "run-state", from, to, ...attached });
  }

  task(
    run: TaskRun,
    from: State,
    to: State,
    willRetry: boolean,
    notifiers: readonly Notifier[] | undefined,
  ): void | Promise<void> {
    // Written out, not spread: this is the hottest place of the engine.
    const event: Mutable<TaskState> = {
      seq: ++this.#seq,
      runId: this.#options.runId,
      at: this.#options.clock.now(),
      type: "task-state",
      task: run.task.name,
      kind: run.task.kind,
      attempt: run.attempt,
      from,
      to,
    };
    if (run.mapIndex >= 0) event.mapIndex = run.mapIndex;
    if (willRetry) event.willRetry = true;
    if (run.causedBy !== undefined) event.causedBy = run.causedBy;
    if (notifiers !== undefined && notifiers.length > 0) event.notifiers = notifiers;
    return this.#record(event);
  }

  /** A state that was reached before this run began; of a mapped task, those of its children. */
  kept(task: Task, to: State, mapIndex?: number): void {
    if (to.type === "Mapped")
      to.children.forEach((each, index) => {
        this.kept(task, each, index);
      });
    if (to.type === "Mapped" || !isFinished(to)) return;
    const child = mapIndex === undefined ? {} : { mapIndex };
    const { name, kind } = task;
    const event = { ...this.#stamp(), task: name, kind, ...child, attempt: 1, from: PENDING, to, kept: true } as const;
    void this.#record({ ...event, type: "task-state" });
  }

  /** Never state, so nothing waits for it to be recorded. */
  mapped(task: string, width: number): void {
    void this.#record({ ...this.#stamp(), type: "task-mapped", task, width });
  }

  logger(origin: Origin): Logger {
    const write = (stream: TaskOutput["stream"]) => (text: string) => {
      if (this.#isClosed) return;
      const where = {
        ...(origin.task === undefined ? {} : { task: origin.task }),
        ...(origin.mapIndex === undefined ? {} : { mapIndex: origin.mapIndex }),
      };
      void this.#record({ ...this.#stamp(), type: "task-output", ...where, stream, text });
    };
    return {
      debug: write("debug"),
      info: write("info"),
      warn: write("warn"),
      error: write("error"),
      output: (stream, text) => {
        write(stream)(text);
      },
    };
  }

  /** Writes out what was recorded: see `Recorder.flush`. */
  flush(): void | Promise<void> {
    const { recorder } = this.#options;
    if (recorder.flush === undefined) return undefined;
    try {
      return this.#guarded(recorder.flush());
    } catch (error) {
      this.#onBreak(error);
      return undefined;
    }
  }

  /** Nothing is recorded any more: what a body left behind says is not heard. */
  close(): void {
    this.#isClosed = true;
  }

  #stamp() {
    return { seq: ++this.#seq, runId: this.#options.runId, at: this.#options.clock.now() };
  }

  #record(event: RunEvent): void | Promise<void> {
    try {
      return this.#guarded(this.#options.recorder.record(event));
    } catch (error) {
      this.#onBreak(error);
      return undefined;
    }
  }

  #guarded(written: void | Promise<void>): void | Promise<void> {
    return written !== undefined && isThenable(written) ? written.then(undefined, this.#onBreak) : undefined;
  }
}
