import { UserError, type Diagnostic } from "../model/error.ts";
import { parseDuration, type Duration } from "../model/duration.ts";
import type { State } from "../model/state.ts";
import type { CacheOptions, Task, TaskHandlerEntry, TaskKind, TaskSettings } from "../model/task.ts";
import type { Trigger } from "../model/trigger.ts";
import { STOP_SIGNALS, type StopSignal } from "../model/stop-policy.ts";
import { callSite } from "./call-site.ts";
import { triggers } from "./named-values.ts";
import { nearest } from "./nearest.ts";
import { isNotifierMaker } from "./notifiers.ts";
import { fromPrefect } from "./prefect-names.ts";
import { readRetry, type RetryOptions } from "./retry-options.ts";

/** All that a person may say of a task. */
export interface TaskOptions {
  /** @default the name of the function or class */
  readonly name?: string;
  /** A name for `getTasks`, unique in its flow. @default made of name, tags and a number */
  readonly slug?: string;
  readonly tags?: readonly string[];
  /** When it may run, by the states of its upstream tasks. @default triggers.allSuccessful */
  readonly trigger?: Trigger;
  /** Whether one skipped upstream skips this task before its trigger is asked. @default true; false for a notification task with a trigger */
  readonly skipOnUpstreamSkip?: boolean;
  /** Retries: a number, or how. */
  readonly retry?: number | RetryOptions;
  /** Each attempt's time. */
  readonly timeout?: Duration;
  /**
   * How long an attempt that is ended (timeout, end of the run) has for it: then its processes are killed, and a
   * function that goes on is no longer waited for. @default the flow's, else "5s"
   */
  readonly grace?: Duration;
  /** The first signal for the processes of an attempt that is ended; SIGKILL follows. @default the flow's, else "SIGTERM" */
  readonly stopSignal?: StopSignal;
  /** Each sees every change of state, in order, and may replace the new state. */
  readonly stateHandlers?: readonly TaskHandlerEntry[];
  /** Runs after all state handlers, at each failure. */
  readonly onFailure?: (task: Task, state: State) => unknown;
  /** How long a result may be used again. */
  readonly cacheFor?: Duration;
  /** Shares one cache between tasks. @default the task's name */
  readonly cacheKey?: string;
  /** Whether a cached state may be used. @default only its age counts */
  readonly cacheValidator?: NonNullable<CacheOptions["validator"]>;
  /** Whether the result may be written to disk. @default true */
  readonly checkpoint?: boolean;
  /** Names of secrets the body reads: checked before the first task runs. */
  readonly secrets?: readonly string[];
  /** The pool whose limit it counts against. */
  readonly pool?: string;
  /** Higher goes first where a limit makes tasks wait. @default 0 */
  readonly priority?: number;
}

/** What the kind of task says where the person says nothing. */
export interface TaskDefaults {
  readonly name: string;
  readonly kind?: TaskKind;
  readonly trigger?: Trigger;
  readonly checkpoint?: boolean;
  readonly skipOnUpstreamSkip?: boolean;
  /** What the same options give the task as inputs: whoever misspells one may mean these. */
  readonly inputs?: readonly string[];
}

type Read<T> = (value: unknown) => { readonly value: T } | { readonly wrong: string };

const OPTIONS = [
  "name",
  "slug",
  "tags",
  "trigger",
  "skipOnUpstreamSkip",
  "retry",
  "timeout",
  "grace",
  "stopSignal",
  "stateHandlers",
  "onFailure",
  "cacheFor",
  "cacheKey",
  "cacheValidator",
  "checkpoint",
  "secrets",
  "pool",
  "priority",
] as const satisfies readonly (keyof TaskOptions)[];

/**
 * Turns options into settings: durations in milliseconds, defaults filled in.
 * @throws UserError naming every option that is wrong
 */
export function readTaskOptions(options: TaskOptions, defaults: TaskDefaults): TaskSettings {
  const wrong: Diagnostic[] = [];
  const name = typeof options.name === "string" && options.name !== "" ? options.name : defaults.name;
  const report = (option: string, problem: string, help?: string): void => {
    wrong.push({
      code: "TASK_OPTION",
      severity: "error",
      message: `Task "${name}": option "${option}" ${problem}.`,
      ...callSite(),
      ...(help === undefined ? {} : { help }),
    });
  };
  const read = <T>(option: keyof TaskOptions, reader: Read<T>): T | undefined => {
    const given: unknown = options[option];
    if (given === undefined) return undefined;
    const answer = reader(given);
    if ("value" in answer) return answer.value;
    report(option, answer.wrong);
    return undefined;
  };
  for (const key of Object.keys(options)) {
    if ((OPTIONS as readonly string[]).includes(key)) continue;
    const known = [...(defaults.inputs ?? []), ...OPTIONS];
    const near = nearest(key, known);
    const others = near === undefined ? `Options are: ${known.join(", ")}.` : `Did you mean "${near}"?`;
    report(key, "is not known", fromPrefect(key) ?? others);
  }
  const retried = options.retry === undefined ? undefined : readRetry(options.retry);
  if (retried && "wrong" in retried) for (const each of retried.wrong) report(each.path, each.problem);
  read("name", text);
  read("slug", text);
  const kind = defaults.kind ?? "task";
  const trigger = read("trigger", triggerOf) ?? defaults.trigger;
  const cacheFor = read("cacheFor", duration);
  const cacheKey = read("cacheKey", text);
  const validator = read("cacheValidator", callable as Read<NonNullable<TaskOptions["cacheValidator"]>>);
  for (const option of ["cacheKey", "cacheValidator"] as const) {
    if (options[option] !== undefined && options.cacheFor === undefined) report(option, 'needs "cacheFor"');
  }
  const settings: TaskSettings = {
    name,
    kind,
    tags: read("tags", texts) ?? [],
    trigger,
    skipOnUpstreamSkip:
      read("skipOnUpstreamSkip", flag) ??
      defaults.skipOnUpstreamSkip ??
      !(kind === "notification" && trigger !== undefined && trigger.triggerName !== "all_successful"),
    retry: retried && "policy" in retried ? retried.policy : undefined,
    timeout: read("timeout", duration),
    grace: read("grace", duration),
    stopSignal: read("stopSignal", stopSignal),
    cache:
      cacheFor === undefined
        ? undefined
        : {
            for: cacheFor,
            ...(cacheKey === undefined ? {} : { key: cacheKey }),
            ...(validator === undefined ? {} : { validator }),
          },
    checkpoint: read("checkpoint", flag) ?? defaults.checkpoint ?? true,
    stateHandlers: read("stateHandlers", handlers) ?? [],
    onFailure: read("onFailure", callable as Read<NonNullable<TaskOptions["onFailure"]>>),
    secrets: read("secrets", texts) ?? [],
    pool: read("pool", text),
    priority: read("priority", finite) ?? 0,
  };
  if (wrong.length > 0) throw new UserError("usage", wrong);
  return settings;
}

const ok = <T>(value: T): { readonly value: T } => ({ value });
const show = (value: unknown): string => (typeof value === "string" ? `"${value}"` : describe(value));

function describe(value: unknown): string {
  if (Array.isArray(value)) return "a list";
  if (typeof value === "function") return "a function";
  return typeof value === "object" && value !== null ? "an object" : String(value);
}

const text: Read<string> = (value) =>
  typeof value === "string" && value !== "" ? ok(value) : { wrong: `must be a text, not ${show(value)}` };
const flag: Read<boolean> = (value) =>
  typeof value === "boolean" ? ok(value) : { wrong: `must be true or false, not ${show(value)}` };
const finite: Read<number> = (value) =>
  typeof value === "number" && Number.isFinite(value) ? ok(value) : { wrong: `must be a number, not ${show(value)}` };
const callable: Read<(...args: never[]) => unknown> = (value) =>
  typeof value === "function"
    ? ok(value as (...args: never[]) => unknown)
    : { wrong: `must be a function, not ${show(value)}` };
function triggerOf(value: unknown): ReturnType<Read<Trigger>> {
  const bounded = (["someFailed", "someSuccessful"] as const).find((name) => triggers[name] === value);
  if (bounded !== undefined) return { wrong: `must be called: triggers.${bounded}({ atLeast: 1 })` };
  if (typeof value === "function") return ok(value as Trigger);
  const named = typeof value === "string" ? nearest(value, Object.keys(triggers)) : undefined;
  return { wrong: `must be a trigger such as triggers.${named ?? "anyFailed"}, not ${show(value)}` };
}
const texts: Read<readonly string[]> = (value) =>
  Array.isArray(value) && value.every((each) => typeof each === "string" && each !== "")
    ? ok(value as string[])
    : { wrong: `must be a list of texts, not ${show(value)}` };
const duration: Read<number> = (value) => {
  const read = parseDuration(value);
  return read === undefined
    ? { wrong: `must be a duration such as "10s", "5m" or a number of milliseconds, not ${show(value)}` }
    : ok(read);
};
const stopSignal: Read<StopSignal> = (value) => {
  const found = STOP_SIGNALS.find((each) => each === value);
  return found === undefined ? { wrong: `must be one of ${STOP_SIGNALS.join(", ")}, not ${show(value)}` } : ok(found);
};
const handlers: Read<readonly TaskHandlerEntry[]> = (value) =>
  Array.isArray(value)
    ? value.some(isNotifierMaker)
      ? { wrong: "must hold what a notifier's function returns: call it, slackNotifier()" }
      : value.every((each) => typeof each === "function" || (typeof each === "object" && each !== null))
        ? ok(value as TaskHandlerEntry[])
        : { wrong: "must hold functions or notifiers" }
    : { wrong: `must be a list of state handlers, not ${show(value)}` };
