import { parseDuration, type Duration } from "../model/duration.ts";
import type { ErrorClass, RetryPolicy } from "../model/retry.ts";

/** How often and how far apart a failed task is tried again. Durations are milliseconds or texts such as `10s`. */
export interface RetryOptions {
  /** Retries, not attempts: 3 allows four attempts. */
  readonly max: number;
  /** One delay, one for each retry (the last repeats), or computed. @default 0 */
  readonly delay?: Duration | readonly Duration[] | ((attempt: number, error: unknown) => Duration);
  /** The delay grows by this factor with each retry. @default 1 */
  readonly backoff?: number;
  /** No delay is longer. */
  readonly maxDelay?: Duration;
  /** Shortens each delay by a random part of it, up to this fraction. @default 0 */
  readonly jitter?: number;
  /** Which errors are retried: classes, or a predicate. @default all */
  readonly on?: ErrorClass | readonly ErrorClass[] | ((error: unknown) => boolean);
}

const KEYS = ["max", "delay", "backoff", "maxDelay", "jitter", "on"];
const WRONG_DELAY = 'must be a duration such as "10s", a number of milliseconds, a list of them, or a function';

/** Reads the option `retry`. @returns the policy, or what is wrong with it, by the option's path */
export function readRetry(
  value: unknown,
):
  | { readonly policy: RetryPolicy }
  | { readonly wrong: readonly { readonly path: string; readonly problem: string }[] } {
  if (typeof value === "number") return readRetry({ max: value });
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    return { wrong: [{ path: "retry", problem: "must be a number of retries or an object with max, delay, …" }] };
  }
  const given = value as Record<string, unknown>;
  const wrong: { path: string; problem: string }[] = [];
  const check = (key: string, holds: boolean, problem: string): void => {
    if (given[key] !== undefined && !holds) wrong.push({ path: `retry.${key}`, problem });
  };
  for (const key of Object.keys(given)) {
    if (!KEYS.includes(key))
      wrong.push({ path: `retry.${key}`, problem: `is not known; known are ${KEYS.join(", ")}` });
  }
  const { max, delay, backoff, maxDelay, jitter, on } = given;
  if (!(Number.isInteger(max) && (max as number) >= 0)) {
    wrong.push({ path: "retry.max", problem: "must be a whole number of retries, 0 or more" });
  }
  const readDelay = delayOf(delay);
  check("delay", readDelay !== undefined, WRONG_DELAY);
  check("backoff", isNumber(backoff) && backoff >= 0, "must be a number, 0 or more");
  check("maxDelay", parseDuration(maxDelay) !== undefined, 'must be a duration such as "5m"');
  check("jitter", isNumber(jitter) && jitter >= 0 && jitter <= 1, "must be a number from 0 to 1");
  const readOn = on === undefined ? undefined : errorsOf(on);
  check("on", readOn !== undefined, "must be an error class, a list of error classes, or a function of the error");
  if (wrong.length > 0) return { wrong };
  return {
    policy: {
      max: max as number,
      ...(readDelay === undefined ? {} : { delay: readDelay }),
      ...(backoff === undefined ? {} : { backoff: backoff as number }),
      ...(maxDelay === undefined ? {} : { maxDelay: parseDuration(maxDelay) ?? 0 }),
      ...(jitter === undefined ? {} : { jitter: jitter as number }),
      ...(readOn === undefined ? {} : { on: readOn }),
    },
  };
}

const isNumber = (value: unknown): value is number => typeof value === "number" && Number.isFinite(value);

function delayOf(value: unknown): RetryPolicy["delay"] {
  if (value === undefined) return undefined;
  if (typeof value === "function") {
    const compute = value as (attempt: number, error: unknown) => unknown;
    return (attempt, error) => {
      const delay = compute(attempt, error);
      const read = parseDuration(delay);
      if (read === undefined) throw new TypeError(`retry.delay answered ${String(delay)}, which is not a duration`);
      return read;
    };
  }
  if (!Array.isArray(value)) return parseDuration(value);
  const all = value.map(parseDuration);
  return all.length > 0 && all.every((each) => each !== undefined) ? all : undefined;
}

function errorsOf(value: unknown): RetryPolicy["on"] {
  if (Array.isArray(value)) return value.length > 0 && value.every(isClass) ? value : undefined;
  if (isClass(value)) return [value];
  return typeof value === "function" ? (value as (error: unknown) => boolean) : undefined;
}

/** A predicate has no prototype of an error; a class has. */
function isClass(value: unknown): value is ErrorClass {
  if (typeof value !== "function") return false;
  return (
    value === Error || value.prototype instanceof Error || /^class\b/.test(Function.prototype.toString.call(value))
  );
}
