import { clampRetryAfter, wasSetBack } from "./schedule.ts";

/** What is known of a channel between processes: one small file per channel. Times are epoch milliseconds. */
export interface ChannelState {
  /** The service asked not to be called before (Retry-After). */
  readonly notBefore: number;
  /** Transient failures in a row. */
  readonly failures: number;
  /** After many failures in a row nothing is sent before; then one message tries. */
  readonly openUntil: number;
  readonly lastSent: number;
  /** The code of the last failure; `null` where the last attempt was delivered. */
  readonly lastError: string | null;
}

export const CLOSED: ChannelState = { notBefore: 0, failures: 0, openUntil: 0, lastSent: 0, lastError: null };

const THRESHOLD = 5;
const FIRST_MS = 60_000;
const LONGEST_MS = 3_600_000;

/** The channel's state after an attempt that reached, or tried to reach, its service. */
export function afterAttempt(
  before: ChannelState,
  attempt:
    | { readonly outcome: "delivered" }
    | { readonly outcome: "failed"; readonly code: string; readonly retryAfterMs?: number },
  now: number,
): ChannelState {
  if (attempt.outcome === "delivered") return { ...CLOSED, lastSent: now };
  const failures = before.failures + 1;
  const pause = Math.min(FIRST_MS * 2 ** Math.min(failures - THRESHOLD, 10), LONGEST_MS);
  return {
    notBefore: attempt.retryAfterMs === undefined ? before.notBefore : now + clampRetryAfter(attempt.retryAfterMs),
    failures,
    openUntil: failures >= THRESHOLD ? now + pause : 0,
    lastSent: now,
    lastError: attempt.code,
  };
}

/**
 * When the channel may be used again. A person's own request (a notification
 * task, `notify retry`) goes through an open circuit, and never through a
 * Retry-After. What was written under a clock that has been set back since
 * holds nothing up.
 */
export function usableAt(state: ChannelState, urgent: boolean, now: number): number {
  if (wasSetBack(state.lastSent, now)) return 0;
  return Math.max(state.notBefore, urgent ? 0 : state.openUntil);
}

/** @returns `undefined` where the text is not a channel's state */
export function channelStateFrom(text: string | undefined): ChannelState | undefined {
  if (text === undefined) return undefined;
  try {
    const raw = JSON.parse(text) as Partial<Record<keyof ChannelState, unknown>>;
    const number = (value: unknown): number => (typeof value === "number" && Number.isFinite(value) ? value : 0);
    return {
      notBefore: number(raw.notBefore),
      failures: number(raw.failures),
      openUntil: number(raw.openUntil),
      lastSent: number(raw.lastSent),
      lastError: typeof raw.lastError === "string" ? raw.lastError : null,
    };
  } catch {
    // A lost state costs one early attempt, never a message.
    return undefined;
  }
}
