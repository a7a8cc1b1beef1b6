import type { RunEvent } from "../model/event.ts";

/**
 * The one door every change of state goes through. The engine calls it strictly
 * in order of `seq`. It answers a promise only when something must be safe on
 * disk before the run may go on; the engine then waits.
 */
export interface Recorder {
  // A promise is the exception: on the hot path nothing is awaited.

  record(event: RunEvent): void | Promise<void>;

  /**
   * Writes out everything recorded so far, so that it survives the end of the process. The engine calls it before
   * each task function, and before it leaves the thread to other code.
   * @returns a promise where a result is still being serialized; the task function waits for it
   */
  flush?(): void | Promise<void>;
}
