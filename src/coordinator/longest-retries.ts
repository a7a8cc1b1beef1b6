import type { RetryPolicy } from "../model/retry.ts";

/** Milliseconds all retries of a task wait together at most; `undefined` where they are computed. */
export function longestRetries({ max, delay = 0, backoff = 1, maxDelay = Infinity }: RetryPolicy): number | undefined {
  if (typeof delay === "function") return undefined;
  let total = 0;
  for (let index = 0; index < max; index += 1) {
    const base = typeof delay === "number" ? delay : (delay[Math.min(index, delay.length - 1)] ?? 0);
    total += Math.min(base * backoff ** index, maxDelay);
  }
  return total;
}
