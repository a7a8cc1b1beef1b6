import type { Clock } from "../host/clock.ts";

/** Waits; ends early, without an error, when the signal is aborted. */
export function sleep(milliseconds: number, clock: Clock, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => {
    const done = (): void => {
      clock.clearTimeout(timer);
      signal.removeEventListener("abort", done);
      resolve();
    };
    const timer = clock.setTimeout(done, Math.max(0, milliseconds));
    signal.addEventListener("abort", done, { once: true });
  });
}
