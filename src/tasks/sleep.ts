import { task } from "../authoring/task-function.ts";
import { parseDuration, type Duration } from "../model/duration.ts";
import { pause } from "./pause.ts";

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
export const sleep = task("sleep", async ({ duration }: SleepInputs, context): Promise<void> => {
  const delayMs = parseDuration(duration);
  if (delayMs === undefined) throw new TypeError(`duration must be like "10s", not ${JSON.stringify(duration)}`);
  await pause(delayMs, context);
});
