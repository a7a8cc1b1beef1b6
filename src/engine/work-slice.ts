import type { Clock } from "../host/clock.ts";

/** Longest work between two turns of the event loop, in milliseconds. */
const SLICE_MS = 10;

/**
 * The work of a run since it last let the event loop turn. Signals, timers and I/O are handled only between two
 * slices: a chain of promises that never waits keeps them out just as a loop does.
 */
export class WorkSlice {
  readonly #clock: Clock;
  #startedAt: number;
  #ending: Promise<void> | undefined = undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#startedAt = clock.monotonic();
  }

  /** True once the event loop must turn before more work starts. */
  get isOver(): boolean {
    return this.#clock.monotonic() - this.#startedAt >= SLICE_MS;
  }

  /** Lets the event loop turn, then starts the next slice. Calls that come meanwhile wait for the same turn. */
  end(): Promise<void> {
    this.#ending ??= this.#turn();
    return this.#ending;
  }

  async #turn(): Promise<void> {
    const clock = this.#clock;
    await (clock.yield?.() ?? new Promise<void>((resolve) => clock.setTimeout(resolve, 0)));
    this.#startedAt = clock.monotonic();
    this.#ending = undefined;
  }
}
