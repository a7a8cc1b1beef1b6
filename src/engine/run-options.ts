import type { Clock } from "../host/clock.ts";
import type { Random } from "../host/host.ts";
import type { FlowHandlerEntry } from "../model/flow.ts";
import type { NotifyReceipt, NotifyRequest } from "../model/notification.ts";
import type { State } from "../model/state.ts";
import type { Task, TaskHandlerEntry } from "../model/task.ts";
import type { CacheStore } from "./cache-store.ts";
import type { Recorder } from "./recorder.ts";

/** Which task, child and attempt something comes from. */
export interface Origin {
  readonly task?: string;
  readonly mapIndex?: number;
  readonly attempt: number;
}

/** A line that a task wrote to a stream of the process. */
export interface WrittenLine {
  readonly task?: string;
  readonly mapIndex?: number;
  readonly stream: "stdout" | "stderr";
  readonly text: string;
}

/** What the engine is given beside the flow. */
export interface RunOptions {
  readonly runId: string;
  /** Resolved values, by name. */
  readonly params: Readonly<Record<string, unknown>>;
  readonly recorder: Recorder;
  readonly clock: Clock;
  readonly random: Random;
  /** Ends the run Cancelled: bodies are aborted, state handlers run. */
  readonly signal?: AbortSignal;
  /** The whole run's time, in milliseconds: it ends TimedOut. The flow's own holds where it is shorter. */
  readonly timeout?: number;
  /** Milliseconds that an attempt has to end once it is aborted, over those of tasks and flow. @default the task's, else the flow's, else 5000 */
  readonly graceMs?: number;
  /** Tasks at a time. @default the flow's, else 16 */
  readonly concurrency?: number;
  /** Limits of named pools, over the flow's. `tag:NAME` limits the tasks with that tag. */
  readonly pools?: Readonly<Record<string, number>>;
  secret?(name: string): Promise<string>;
  notify?(request: NotifyRequest, from: Origin): Promise<NotifyReceipt>;
  /** What the command line lends to tasks of the library. */
  service?(name: string): unknown;
  /** Given once, at the start: takes lines that came from elsewhere into the run's events. */
  listen?(write: (line: WrittenLine) => void): void;
  /** Wraps each body, so that what it writes can be attributed to it. */
  within?<T>(task: { readonly name: string; readonly mapIndex?: number }, body: () => T): T;
  /** State handlers from config, called after the task's own. */
  taskHandlers?(task: Task): readonly TaskHandlerEntry[];
  readonly flowHandlers?: readonly FlowHandlerEntry[];
  /** States to start from: finished tasks are not run again. */
  readonly taskStates?: ReadonlyMap<Task, State>;
  /** Whether the finished ones among them are told to the recorder, too, as kept. @default false */
  readonly announceKept?: boolean;
  /** The events before: the first has the next number. @default 0 */
  readonly lastSeq?: number;
  readonly cache?: CacheStore;
}

/** What became of a run. */
export interface RunResult {
  readonly state: State;
  readonly taskStates: ReadonlyMap<Task, State>;
}
