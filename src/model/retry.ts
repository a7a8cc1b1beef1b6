/**
 * How often a failed task is tried again, and how far apart.
 *
 * `max` counts retries, not attempts (Prefect's `max_retries`): `max: 3` allows
 * four attempts.
 */
export interface RetryPolicy {
  /** Retries allowed. @minimum 0 */
  readonly max: number;
  /** Wait before a retry in milliseconds: one for all, one for each (the last repeats), or computed. @default 0 */
  readonly delay?: number | readonly number[] | ((attempt: number, error: unknown) => number);
  /** The delay grows by this factor with each retry. @default 1 */
  readonly backoff?: number;
  /** No delay is longer than this, in milliseconds. */
  readonly maxDelay?: number;
  /** Shortens each delay by a random part of it: 0.2 means by up to a fifth. @default 0 */
  readonly jitter?: number;
  /** Which errors are retried: classes, or a predicate. @default all */
  readonly on?: readonly ErrorClass[] | ((error: unknown) => boolean);
}

export type ErrorClass = abstract new (...args: never[]) => unknown;

/**
 * The wait before the next attempt, in milliseconds. The one law of back-off:
 * the delay of this retry, grown by `backoff` where it is one number, cut at
 * `maxDelay`, shortened by up to `jitter` of itself.
 *
 * @param attempt attempts made so far, from 1
 * @param random a number from 0 up to, but without, 1
 */
export function retryDelay(policy: RetryPolicy, attempt: number, error: unknown, random: () => number): number {
  const chosen = Math.min(baseDelay(policy, attempt, error), policy.maxDelay ?? Infinity);
  const jittered = policy.jitter === undefined ? chosen : chosen * (1 - policy.jitter * random());
  return Number.isFinite(jittered) && jittered > 0 ? jittered : 0;
}

function baseDelay({ delay = 0, backoff = 1 }: RetryPolicy, attempt: number, error: unknown): number {
  if (typeof delay === "function") return delay(attempt, error);
  if (typeof delay === "number") return delay * backoff ** (attempt - 1);
  return delay[Math.min(attempt, delay.length) - 1] ?? 0;
}

/** Whether `on` lets this error be retried. A failure without a result is not held against any class. */
export function isRetryable({ on }: RetryPolicy, error: unknown): boolean {
  if (on === undefined) return true;
  if (typeof on === "function") return on(error);
  return error === null || on.some((type) => error instanceof type);
}
