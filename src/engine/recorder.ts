import type { RunEvent } from "../model/event.ts";

/**
 * The one door every change of state goes through. The engine calls it strictly
 * in order of `seq`. It answers a promise only when something must be safe on
 * disk before the run may go on; the engine then waits.
 */
export interface Recorder {
  // A promise is the exception: on the hot path nothing is awaited.

  record(event: RunEvent): void | Promise<void>;
}
