import type { Notifier } from "./notifier.ts";
import type { State } from "./state.ts";

interface Common {
  /** Strictly rising within a run, from 1. */
  readonly seq: number;
  readonly runId: string;
  /** Epoch milliseconds. */
  readonly at: number;
}

/** All that can happen in a run, in the order in which it happened. An event never changes. */
export type RunEvent = RunStarted | RunState | TaskState | TaskMapped | TaskOutput;

/** The first event of every run. */
export interface RunStarted extends Common {
  readonly type: "run-started";
  readonly flow: string;
  readonly params: Readonly<Record<string, unknown>>;
  /** How many tasks a person would count: plumbing left out. */
  readonly taskCount: number;
}

/** The run's own state changed. The last event of every run has a finished `to` (or Paused). */
export interface RunState extends Common {
  readonly type: "run-state";
  readonly from: State;
  readonly to: State;
  readonly notifiers?: readonly Notifier[];
}

/** A task's state changed, or that of one mapped child. */
export interface TaskState extends Common {
  readonly type: "task-state";
  readonly task: string;
  readonly kind: string;
  readonly mapIndex?: number;
  readonly attempt: number;
  readonly from: State;
  readonly to: State;
  /** This Failed is followed by Retrying. */
  readonly willRetry?: true;
  /** Nothing happened: an earlier part of the run, or the run it repeats, came to this state. */
  readonly kept?: true;
  /** The failure only follows from that of the named task. */
  readonly causedBy?: string;
  readonly notifiers?: readonly Notifier[];
}

/** A mapped task has its children: from now on it is known how many there will be. */
export interface TaskMapped extends Common {
  readonly type: "task-mapped";
  readonly task: string;
  /** Its number of children; 0 for an empty list. */
  readonly width: number;
}

/** One line that a task wrote, or that was logged for it. Never state. */
export interface TaskOutput extends Common {
  readonly type: "task-output";
  readonly task?: string;
  readonly mapIndex?: number;
  readonly stream: "stdout" | "stderr" | "debug" | "info" | "warn" | "error";
  readonly text: string;
}
