import { z } from "zod";
import { parseDuration } from "../model/duration.ts";
import { parseSize } from "../model/size.ts";
import type { RetryPolicy } from "../model/retry.ts";
import { isTimeZone } from "../model/time-zone.ts";
import { STATE_TYPES } from "../model/state.ts";
import { STOP_SIGNALS } from "../model/stop-policy.ts";

/** Fields that the flow's and the config's schema share: the same keys mean the same in both. */

/** A name of a task, channel or hook, as text of one line. */
export const name = z.string().min(1).max(200).describe("A name");

const LENGTH_OF_TIME = "expected a length of time with its unit, such as 250ms, 30s, 5m, 1h30m, 1d or PT5M";
/** A length of time: text with a unit, or 0. */
export const duration = z
  .union([z.literal(0), z.string().refine((text) => parseDuration(text) !== undefined, { error: LENGTH_OF_TIME })], {
    error: LENGTH_OF_TIME,
  })
  .describe("A length of time with its unit: 250ms, 30s, 5m, 1h30m, 1d, PT5M");

/** A time zone by its name. */
export const timezone = z
  .string()
  .refine(isTimeZone, { error: "expected a time zone such as Europe/Oslo or UTC" })
  .describe("The time zone of dates in expressions; by default UTC");

/** How attempts are ended, in a task, a flow or the defaults. */
export const stopping = {
  grace: duration
    .optional()
    .describe("How long an attempt that is ended has for it, before its processes are killed; by default 5s"),
  stopSignal: z
    .enum(STOP_SIGNALS)
    .optional()
    .describe("The first signal for the processes of an attempt that is ended; by default SIGTERM"),
};

const SIZE = "expected a size in bytes, or with its unit, such as 64KiB, 4MiB or 1GiB";
/** A number of bytes: a whole number, or text with a unit. */
export const size = z
  .union([z.int().min(1), z.string().refine((text) => parseSize(text) !== undefined, { error: SIZE })], { error: SIZE })
  .describe("A size: 4MiB, or a number of bytes");

/** One or many: a bare item stands for a list of it. */
export function oneOrMany<T extends z.ZodType>(item: T) {
  return z.union([item, z.array(item)]);
}

/** The same, of which an empty list would silently mean nothing. */
export function someOf<T extends z.ZodType>(item: T) {
  return z.union([item, z.array(item).min(1)]);
}

/** The items of what `oneOrMany` read. */
export function many<T>(value: T | readonly T[] | undefined): readonly T[] {
  return value === undefined ? [] : Array.isArray(value) ? (value as readonly T[]) : [value as T];
}

/** States by Prefect's names. */
export const states = z
  .array(z.enum(STATE_TYPES as [string, ...string[]]))
  .min(1)
  .describe("Families of states: Failed includes TimedOut, TriggerFailed and Crashed");

const ofRuns = {
  flows: someOf(z.string().min(1)).optional().describe("Globs of flows' names"),
  tags: someOf(z.string().min(1)).optional().describe("Globs of flows' tags"),
  environment: someOf(z.enum(["ci", "cron", "terminal"]))
    .optional()
    .describe("Who started the run"),
};

/** Globs that choose runs by their flow's name and tags; all that are given must hold. */
export const match = z.strictObject(ofRuns).describe("Chooses runs; all that is given must hold");

/** Globs that choose tasks of runs. */
export const taskMatch = z
  .strictObject({
    ...ofRuns,
    tags: someOf(z.string().min(1)).optional().describe("Globs of the task's tags, or the flow's"),
    tasks: someOf(z.string().min(1)).optional().describe("Globs of tasks' names"),
  })
  .describe("Chooses tasks of runs; all that is given must hold");

/** What `match` read, with every list a list. */
export function matchOf(value: z.infer<typeof taskMatch> | undefined) {
  const given = Object.entries(value ?? {}).filter(([, globs]) => (globs as unknown) !== undefined);
  return Object.fromEntries(given.map(([key, globs]) => [key, many(globs as string | string[])]));
}

const count = z.number().min(0);
const bounds = z.strictObject({
  at_least: count.optional().describe("So many tasks, or a share of them below 1"),
  at_most: count.optional().describe("So many tasks, or a share of them below 1"),
});

/** When a task runs, decided from the states of those before it. */
export const trigger = z
  .union([z.string().min(1), z.strictObject({ some_failed: bounds }), z.strictObject({ some_successful: bounds })])
  .describe(
    "all_successful (default), all_failed, any_successful, any_failed, all_finished, always_run, manual_only, not_all_skipped, or an expression such as build.failed || lint.skipped",
  );

/** A retry policy, or the number of retries alone. */
export const retry = z
  .union([
    z.int().min(0).max(1000),
    z.strictObject({
      max: z.int().min(0).max(1000).describe("Retries, not attempts"),
      delay: z
        .union([duration, z.array(duration).min(1)])
        .optional()
        .describe("Wait before a retry: one for all, or one for each"),
      on: oneOrMany(z.string().min(1)).optional().describe("Names of error classes that are retried; by default all"),
      backoff: z.number().min(1).optional().describe("The delay grows by this factor with each retry"),
      maxDelay: duration.optional().describe("No delay is longer"),
      jitter: z.number().min(0).max(1).optional().describe("Shortens each delay by up to this part of it, at random"),
    }),
  ])
  .describe("How often a failed task is tried again");

/** What `retry` read, in milliseconds. */
export function retryOf(value: z.infer<typeof retry> | undefined): RetryPolicy | undefined {
  if (value === undefined) return undefined;
  if (typeof value === "number") return { max: value };
  const { delay, maxDelay, backoff, jitter, max } = value;
  const classes = many(value.on);
  return {
    max,
    ...(delay === undefined ? {} : { delay: Array.isArray(delay) ? delay.map(milliseconds) : milliseconds(delay) }),
    ...(value.on === undefined ? {} : { on: onClasses(classes) }),
    ...(backoff === undefined ? {} : { backoff }),
    ...(maxDelay === undefined ? {} : { maxDelay: milliseconds(maxDelay) }),
    ...(jitter === undefined ? {} : { jitter }),
  };
}

/** Says its names where the config is shown. */
function onClasses(classes: readonly string[]): NonNullable<RetryPolicy["on"]> {
  const isOne = (error: unknown): boolean => classNames(error).some((name) => classes.includes(name));
  return Object.assign(isOne, { toJSON: () => classes });
}

/** The names of an error and of all classes it descends from. */
function classNames(error: unknown): readonly string[] {
  const names = error instanceof Error ? [error.name] : [];
  for (let at: unknown = error; typeof at === "object" && at !== null; at = Object.getPrototypeOf(at)) {
    const made: unknown = Object.hasOwn(at, "constructor") ? (at as { constructor: unknown }).constructor : undefined;
    if (typeof made === "function") names.push(made.name);
  }
  return names;
}

/** Milliseconds of a duration that the schema has read. */
export function milliseconds(value: string | 0): number {
  return parseDuration(value) ?? 0;
}

/** Bytes of a size that the schema has read. */
export function bytes(value: number | string): number {
  return parseSize(value) ?? 0;
}

/** Options handed on as they are: the task or the handler checks them. */
export const options = z.record(z.string(), z.unknown()).describe("Inputs and options");

/** Hooks in a list are known by their names. */
export function hooksOf<T extends z.ZodType<{ name: string }>>(each: T) {
  return z.array(each).superRefine((hooks, context) => {
    for (const [index, { name: own }] of hooks.entries())
      if (hooks.findIndex((other) => other.name === own) !== index)
        context.addIssue({ code: "custom", path: [index, "name"], message: `there is a hook "${own}" already` });
  });
}

/** A hook: on these states of runs, tell these channels. */
export const hook = z
  .strictObject({
    name,
    match: match.optional(),
    states: states.optional(),
    events: z
      .array(z.enum(["started", "slow", "recovered", "stillFailing"]))
      .min(1)
      .optional()
      .describe("Beside states"),
    slowAfter: duration.optional().describe("After which a run is slow"),
    notifyOn: z
      .enum(["change", "always"])
      .optional()
      .describe(
        "change: only when the outcome is another than before, and again every `repeat`; by default change for failures from cron, else always",
      ),
    repeat: duration.optional().describe("With notifyOn: change, after which the same is told again; by default 4h"),
    to: someOf(name).describe("Names of channels"),
    message: z.string().optional().describe("A text in the place of the usual one, with expressions"),
    subject: z.string().min(1).optional().describe("The subject of mail, with expressions; by default the channel's"),
  })
  .refine((value) => value.events?.includes("slow") !== true || value.slowAfter !== undefined, {
    path: ["events"],
    error: 'the event "slow" needs slowAfter: 10m',
  })
  .refine((value) => value.slowAfter === undefined || value.events?.includes("slow") === true, {
    path: ["slowAfter"],
    error: "slowAfter goes with events: [slow]",
  })
  .refine((value) => value.repeat === undefined || value.notifyOn === "change", {
    path: ["repeat"],
    error: 'repeat goes with notifyOn: change; with "always" every run is told',
  })
  .refine((value) => value.repeat !== 0, { path: ["repeat"], error: "repeat must be longer than 0" })
  .describe("On these states of runs, tell these channels");
