import { resolveParameters } from "./authoring/resolve-parameters.ts";
import { validateFlow } from "./authoring/validate.ts";
import { memoryCache, type CacheStore } from "./engine/cache-store.ts";
import { runFlow } from "./engine/run-flow.ts";
import type { Origin } from "./engine/run-options.ts";
import { decide } from "./hooks/notifier-filter.ts";
import { UserError, userError } from "./model/error.ts";
import type { RunEvent, TaskOutput } from "./model/event.ts";
import type { Flow } from "./model/flow.ts";
import type { Notifier } from "./model/notifier.ts";
import { isWanted } from "./model/notifier.ts";
import type { NotifyRequest } from "./model/notification.ts";
import { messageWithoutMarks } from "./model/value-marks.ts";
import type { State } from "./model/state.ts";
import type { Task } from "./model/task.ts";
import { virtualClock } from "./virtual-clock.ts";

/** A body that fails in the place of doing its work. */
export interface Fault {
  /** The task's name. */
  readonly task: string;
  /** Which calls of the body fail, from 1; a retry is a call. @default all */
  readonly attempt?: number | readonly number[];
  /** Which mapped child. @default all */
  readonly mapIndex?: number;
  /** What is thrown; a signal, too. @default an Error */
  readonly error?: unknown;
}

/** How a flow is simulated. */
export interface SimulationOptions {
  /** Values of parameters, by name. */
  readonly params?: Readonly<Record<string, unknown>>;
  /** Values of secrets, by name. */
  readonly secrets?: Readonly<Record<string, string>>;
  readonly faults?: readonly Fault[];
  /** Environment variables that `envSecret` and scripts see. */
  readonly environment?: Readonly<Record<string, string>>;
  /** Called with each notification; what it throws is a delivery that failed. */
  readonly onNotify?: (request: NotifyRequest, from: Origin) => void;
  /** Called with each event, as it happens. */
  readonly onEvent?: (event: RunEvent) => void;
  /** When the run starts, epoch milliseconds. @default 2026-01-01T00:00:00Z */
  readonly start?: number;
  /** Chooses the random numbers, so that a run can be had again. @default 1 */
  readonly seed?: number;
  readonly concurrency?: number;
  readonly pools?: Readonly<Record<string, number>>;
  readonly signal?: AbortSignal;
  /** Shares cached results between simulations. @default a cache of its own */
  readonly cache?: CacheStore;
  /** @default "simulated" */
  readonly runId?: string;
  /** States to start from: finished tasks are not run again. */
  readonly taskStates?: ReadonlyMap<Task, State>;
}

/** A notification that a task, state handler or notifier asked for. Nothing is sent. */
export interface RecordedNotification {
  readonly from: Origin;
  /** Set when a task or state handler asked. */
  readonly request?: NotifyRequest;
  /** Set when a notifier speaks of a state. */
  readonly notifier?: Notifier;
  readonly state?: State;
  /** The text, where it is one. */
  readonly text?: string;
}

/** All that happened in a simulated run. */
export interface Simulation {
  readonly state: State;
  readonly taskStates: ReadonlyMap<Task, State>;
  readonly events: readonly RunEvent[];
  readonly notifications: readonly RecordedNotification[];
  /** Lines that tasks logged. */
  readonly output: readonly TaskOutput[];
  /** Milliseconds that passed on the virtual clock. */
  readonly elapsedMs: number;
  /** The last state of the task of that name. @throws UserError where there is none */
  stateOf(task: string): State;
  /** The value of the task of that name. */
  resultOf(task: string): unknown;
  /** What a task (or one mapped child) went through: `Pending->Running`. */
  transitionsOf(task: string, mapIndex?: number): readonly string[];
}

/** 2026-01-01T00:00:00Z */
const START = 1_767_225_600_000;

/**
 * Runs a flow under a virtual clock: an hour of retries takes a millisecond.
 * Bodies are called as ever; what they would send is recorded, not sent.
 *
 * A body that waits for something real, such as a file, does so in no time of
 * the virtual clock, but time may jump ahead while it waits.
 *
 * @throws UserError when the flow or its parameters are wrong
 */
export async function simulate(flow: Flow, options: SimulationOptions = {}): Promise<Simulation> {
  const wrong = validateFlow(flow).filter((each) => each.severity === "error");
  if (wrong.length > 0) throw new UserError("usage", wrong);
  const resolved = await resolveParameters(flow.params, { values: options.params ?? {} });
  if ("diagnostics" in resolved) throw new UserError("usage", resolved.diagnostics);
  const { start = START, secrets = {} } = options;
  const clock = virtualClock(start);
  const events: RunEvent[] = [];
  const notifications: RecordedNotification[] = [];
  const { signal, concurrency, pools, taskStates, cache = memoryCache() } = options;
  const result = await runFlow(flow, {
    runId: options.runId ?? "simulated",
    params: resolved.values,
    clock,
    random: randomFrom(options.seed ?? 1),
    cache,
    ...(signal === undefined ? {} : { signal }),
    ...(concurrency === undefined ? {} : { concurrency }),
    ...(pools === undefined ? {} : { pools }),
    ...(taskStates === undefined ? {} : { taskStates }),
    recorder: {
      record(event) {
        events.push(event);
        notifications.push(...spoken(event));
        options.onEvent?.(event);
      },
    },
    secret(name) {
      const value = secrets[name];
      if (value !== undefined) return Promise.resolve(value);
      return Promise.reject(
        userError("secret", "SECRET_NOT_FOUND", `Secret "${name}" was not given to the simulation.`),
      );
    },
    notify(asked, from) {
      const message = messageWithoutMarks(asked.message);
      const request = { ...asked, message };
      notifications.push({ request, from, ...(message.kind === "text" ? { text: message.text } : {}) });
      return Promise.resolve().then(() => {
        options.onNotify?.(request, from);
        const ids = [`n_${String(notifications.length)}`];
        return { ids, outcome: request.deliver === "outbox" ? "queued" : "delivered" };
      });
    },
    service: (name) => (name === "clock" ? clock : name === "environment" ? (options.environment ?? {}) : undefined),
    within: faulty(options.faults ?? []),
  });
  const stateOf = (name: string): State => {
    for (const [task, state] of result.taskStates) if (task.name === name) return state;
    throw userError("usage", "TASK_UNKNOWN", `Flow "${flow.name}" has no task "${name}".`);
  };
  return {
    ...result,
    events,
    notifications,
    output: events.filter((event) => event.type === "task-output"),
    elapsedMs: clock.now() - start,
    stateOf,
    resultOf: (name) => stateOf(name).result,
    transitionsOf: (name, mapIndex) =>
      events.flatMap((event) =>
        event.type === "task-state" && event.task === name && event.mapIndex === mapIndex
          ? [`${event.from.type}->${event.to.type}`]
          : [],
      ),
  };
}

/** What notifiers say of a change, by the rules that hold everywhere. */
function spoken(event: RunEvent): readonly RecordedNotification[] {
  if (event.type !== "task-state" && event.type !== "run-state") return [];
  const speaks = (notifier: Notifier): boolean =>
    event.type === "run-state"
      ? isWanted(notifier, event.to.type)
      : ["tell", "group"].includes(decide(notifier, event));
  const from: Origin =
    event.type === "run-state"
      ? { attempt: 1 }
      : {
          task: event.task,
          attempt: event.attempt,
          ...(event.mapIndex === undefined ? {} : { mapIndex: event.mapIndex }),
        };
  return (event.notifiers ?? []).filter(speaks).map((notifier) => ({ notifier, state: event.to, from }));
}

function faulty(faults: readonly Fault[]) {
  const calls = new Map<string, number>();
  return <T>(task: { readonly name: string; readonly mapIndex?: number }, body: () => T): T => {
    const id = `${task.name}[${String(task.mapIndex ?? "")}]`;
    const call = (calls.get(id) ?? 0) + 1;
    calls.set(id, call);
    const fault = faults.find(
      (each) =>
        each.task === task.name &&
        (each.mapIndex === undefined || each.mapIndex === task.mapIndex) &&
        (each.attempt === undefined || [each.attempt].flat().includes(call)),
    );
    if (fault === undefined) return body();
    throw "error" in fault ? fault.error : new Error(`fault in "${task.name}", attempt ${String(call)}`);
  };
}

/** A small generator of numbers from 0 up to 1 (mulberry32). */
function randomFrom(seed: number): () => number {
  let at = seed | 0;
  return () => {
    at = (at + 0x6d2b79f5) | 0;
    let mixed = Math.imul(at ^ (at >>> 15), 1 | at);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
