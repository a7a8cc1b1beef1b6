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
