import type { Flow } from "./flow.ts";
import type { CacheValidator } from "./cache-validators.ts";
import type { Logger } from "./logger.ts";
import type { Notifier } from "./notifier.ts";
import type { NotifyRequest, NotifyReceipt } from "./notification.ts";
import type { RetryPolicy } from "./retry.ts";
import type { State } from "./state.ts";
import type { StopPolicy, StopSignal } from "./stop-policy.ts";
import type { Trigger } from "./trigger.ts";

/**
 * What kind of node a task is. Only the engine's exceptions look at it:
 * - `notification`: not a reference task by default; TriggerFailed shows as "not needed" (design decision 6)
 * - `parameter`, `constant`, `collection`, `secret`: plumbing that reporters leave out
 * - `cleanup`: a resource's clean-up: never a reference task
 */
export type TaskKind =
  "task" | "notification" | "parameter" | "constant" | "collection" | "secret" | "resource" | "cleanup";

/** What a task's body is given beside its inputs. */
export interface TaskContext {
  /** Aborted on timeout and when the run is cancelled. */
  readonly signal: AbortSignal;
  /** How the processes that the task function starts are ended; in a run it is always there. */
  readonly stopPolicy?: StopPolicy;
  /** How much standard output of a program is kept, in bytes. @default 1 MiB */
  readonly maxOutput?: number | undefined;
  /**
   * Keeps the attempt from being over before this promise has settled, even when its grace is over: for processes that
   * the task function ends itself. The promise must settle.
   */
  waitUntil?(done: Promise<unknown>): void;
  /** Whether another task takes this field of the task's value, or all of it. */
  isRead?(field: string): boolean;
  readonly logger: Logger;
  readonly params: Readonly<Record<string, unknown>>;
  /** 1 for the first attempt. */
  readonly attempt: number;
  /** The index of a mapped child. */
  readonly mapIndex: number | undefined;
  /** 1 for the first iteration of a loop. */
  readonly loopCount: number;
  /** What the iteration before handed on with `new Loop({ result })`. */
  readonly loopResult: unknown;
  /** True when the run was resumed and this task had paused. */
  readonly resumed: boolean;
  readonly runId: string;
  readonly flowName: string;
  /** `name`, or `name[3]` for a mapped child. */
  readonly taskName: string;
  readonly tags: readonly string[];
  /** The name of the task that an input's value comes from; `undefined` for a constant. */
  sourceOf?(input: string): string | undefined;
  /**
   * The value of a secret.
   * @throws SecretNotFound, which fails the task, naming the secret and where it was looked for
   */
  secret(name: string): Promise<string>;
  /** Puts a message in the outbox and, unless told otherwise, waits for its delivery. */
  notify(request: NotifyRequest): Promise<NotifyReceipt>;
  /** What the command line lends to tasks of the library (see `tasks/`), by name. */
  service(name: string): unknown;
}

/** What a state handler is given beside the task (or flow) and the two states. */
export interface HandlerContext {
  readonly runId: string;
  readonly flowName: string;
  /** `name` or `name[3]`; absent for a flow. */
  readonly taskName?: string;
  readonly mapIndex?: number;
  readonly attempt: number;
  readonly params: Readonly<Record<string, unknown>>;
  readonly logger: Logger;
  secret(name: string): Promise<string>;
  notify(request: NotifyRequest): Promise<NotifyReceipt>;
}

/**
 * Sees a change of state before it is final, and may replace the new state by
 * returning another. Prefect's order: subject, old state, new state.
 * Source: Prefect 1.x, core concepts, "State handlers".
 */
export type StateHandler<Subject> = (
  subject: Subject,
  from: State,
  to: State,
  context: HandlerContext,
) => State | null | undefined | Promise<State | null | undefined>;
// A handler usually returns nothing; `void` lets it be written without a return.

export type TaskStateHandler = StateHandler<Task> | ((...args: Parameters<StateHandler<Task>>) => void | Promise<void>);

/** One entry of `stateHandlers`: a function, or one of the notifiers flowctl ships. */
export type TaskHandlerEntry = TaskStateHandler | Notifier;

export interface CacheOptions {
  /** How long a result stays valid, in milliseconds. */
  readonly for: number;
  /** Shares one cache between tasks. @default the task's name */
  readonly key?: string;
  /** Whether a cached state may be used. @default only its expiry is looked at */
  readonly validator?: CacheValidator;
}

/** All that describes a task but its body; every duration in milliseconds. */
export interface TaskSettings {
  readonly name: string;
  readonly kind: TaskKind;
  readonly tags: readonly string[];
  readonly trigger: Trigger | undefined;
  /** @default true; false for notification tasks with a trigger of their own */
  readonly skipOnUpstreamSkip: boolean;
  readonly retry: RetryPolicy | undefined;
  readonly timeout: number | undefined;
  /** How long an attempt that was aborted is waited for. @default the flow's, else 5000 */
  readonly grace?: number | undefined;
  /** The first signal that its processes get when an attempt is ended. @default the flow's, else SIGTERM */
  readonly stopSignal?: StopSignal | undefined;
  readonly cache: CacheOptions | undefined;
  /** Whether the result may be written to disk. @default true */
  readonly checkpoint: boolean;
  readonly stateHandlers: readonly TaskHandlerEntry[];
  /** Runs after all state handlers, at each state of the family Failed. */
  readonly onFailure: ((task: Task, state: State) => unknown) | undefined;
  /** Names of the secrets the body reads: checked before the first task runs. */
  readonly secrets: readonly string[];
  /** The pool whose limit it counts against. */
  readonly pool: string | undefined;
  /** Higher goes first where a limit makes tasks wait. @default 0 */
  readonly priority: number;
}

/**
 * One node of a flow. A task belongs to flows by identity: the same object is
 * the same node, in any number of flows.
 */
export interface Task extends TaskSettings {
  /** A `Symbol.for` brand, so that it holds across two copies of the library. */
  readonly [TASK]: true;
  /** The names of the inputs its body takes; `undefined` where any are taken. */
  readonly inputNames: readonly string[] | undefined;
  /**
   * Names of secrets that follow from constant inputs, such as a `webhookSecret`.
   * @param linked names of the inputs that other tasks give
   */
  secretsFor?(constants: Readonly<Record<string, unknown>>, linked: ReadonlySet<string>): readonly string[];
  /** The channel of the config that a notification task goes to, where its constant inputs or options name one. */
  channelFor?(constants: Readonly<Record<string, unknown>>): string | undefined;
  /**
   * Checks the lists that it is mapped over. @param lengths by the key of each list's edge
   * @returns why it fails; nothing where it may run. @default the shortest list decides, as in Prefect
   */
  checkLists?(lengths: ReadonlyMap<string, number>): string | undefined;
  /** The flow that its body runs, where that is known before: what that needs is needed here. */
  readonly subFlow?: Flow;
  run(inputs: Readonly<Record<string, unknown>>, context: TaskContext): unknown;
}

export const TASK: unique symbol = Symbol.for("flowctl.task") as never;

export function isTask(value: unknown): value is Task {
  return typeof value === "object" && value !== null && TASK in value;
}
