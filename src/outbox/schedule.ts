import type { Random } from "../host/host.ts";
import type { OutboxItem } from "./item.ts";

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;

/**
 * Waits before the first attempt and after each failed one; the last repeats.
 * The first four are short enough to be waited for by a run that ends.
 */
const DELAYS = [
  0,
  2 * SECOND,
  5 * SECOND,
  15 * SECOND,
  MINUTE,
  5 * MINUTE,
  15 * MINUTE,
  HOUR,
  4 * HOUR,
  12 * HOUR,
  24 * HOUR,
];
/** Code of a refusal that a service has been seen to take back. */
export const MISTAKEN = "MAY_PASS";
const JITTER = 0.2;
const RETRY_AFTER = { least: SECOND, most: 24 * HOUR };
/** How long a message is worth sending, where its channel does not say. */
export const DEFAULT_TTL_MS = 72 * HOUR;
/** A text message at noon about three in the morning helps nobody. */
export const SMS_TTL_MS = 4 * HOUR;
/** So long a channel may fail to take a message before the one that it falls back to tells it, too. */
export const FALLBACK_MS = 5 * MINUTE;
/** Good news is not worth telling half a day late. */
export const SUCCESS_TTL_MS = 12 * HOUR;

/** What a schedule is drawn with. */
export interface Chance {
  readonly random: Random;
  /**
   * Up to so many milliseconds are added to what no run's end waits for: many machines whose clocks or CI started
   * them at one moment do not come back at one moment. @default 0
   */
  readonly splayMs?: number | undefined;
}

/**
 * How long to wait after the `failed`-th failed attempt, in milliseconds: the
 * table with 20 % of jitter, and never less than the service asked for.
 */
export function retryDelay(failed: number, { random, splayMs = 0 }: Chance, retryAfterMs?: number): number {
  const base = baseDelay(failed);
  const splay = base < MINUTE ? 0 : splayMs * random();
  const delay = Math.round(base * (1 - JITTER + 2 * JITTER * random()) + splay);
  return retryAfterMs === undefined ? delay : Math.max(delay, clampRetryAfter(retryAfterMs));
}

/** The wait after so many failed attempts, as the table has it: without jitter. */
export function baseDelay(failed: number): number {
  return DELAYS[Math.min(failed, DELAYS.length - 1)] ?? 0;
}

/** A service's Retry-After, kept between a second and a day. */
export function clampRetryAfter(milliseconds: number): number {
  return Math.min(Math.max(milliseconds, RETRY_AFTER.least), RETRY_AFTER.most);
}

/** When an item is to be tried: by a clock that has been set back since by more than an hour, now. */
export function dueAt(
  { created, due, attempts }: Pick<OutboxItem, "created" | "due" | "attempts">,
  now: number,
): number {
  return wasSetBack(attempts.at(-1)?.at ?? created, now) ? Math.min(due, now) : due;
}

/** Whether a held item is tried again by itself: a day after a refusal that may have been the service's mistake. */
export function isDueAgain({ reason, attempts }: Pick<OutboxItem, "reason" | "attempts">, now: number): boolean {
  return reason?.code === MISTAKEN && now - (attempts.at(-1)?.at ?? now) >= 24 * HOUR;
}

/** Whether something is said to have happened more than an hour from now. */
export function wasSetBack(at: number, now: number): boolean {
  return now < at - HOUR;
}
