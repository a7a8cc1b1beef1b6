import { task } from "../authoring/task-function.ts";
import type { Clock } from "../host/clock.ts";
import { parseDuration, type Duration } from "../model/duration.ts";

/** What `sleep` takes. */
export interface SleepInputs {
  /** How long: `10s`, or milliseconds. */
  readonly duration: Duration;
}

/**
 * Waits. It ends at once when the run is cancelled or its time is up; under the
 * test kit no real time passes.
 * @throws TypeError when the duration cannot be read
 */
export const sleep = task("sleep", async ({ duration }: SleepInputs, { signal, service }): Promise<void> => {
  const delayMs = parseDuration(duration);
  if (delayMs === undefined) throw new TypeError(`duration must be like "10s", not ${JSON.stringify(duration)}`);
  const { setTimeout: wait, clearTimeout: forget } = (service("clock") as Clock | undefined) ?? globalThis;
  await new Promise<void>((resolve, reject) => {
    const timer = wait(resolve, delayMs) as never;
    const stop = (): void => {
      forget(timer);
      reject(signal.reason as Error);
    };
    if (signal.aborted) stop();
    else signal.addEventListener("abort", stop, { once: true });
  });
});
