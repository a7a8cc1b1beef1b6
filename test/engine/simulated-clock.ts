import type { Clock } from "../../src/host/clock.ts";

interface Timer {
  readonly due: number;
  readonly callback: () => void;
}

/**
 * A clock that goes on when it is told to, or by itself as soon as nothing else
 * is to be done: then an hour of retries takes a millisecond. Timers fire in the
 * order of their time, those of one time in the order in which they were set.
 *
 * By itself it sees only what waits for this clock, not files or the network: a
 * timeout then comes before a real answer does.
 */
export class SimulatedClock implements Clock {
  readonly #isAutomatic: boolean;
  readonly #start: number;
  #timers: Timer[] = [];
  #now: number;
  #isScheduled = false;
  #yielding = 0;

  /** @param options.start epoch milliseconds. @param options.automatic goes on by itself; true by default */
  constructor(options: { readonly start?: number; readonly automatic?: boolean } = {}) {
    this.#start = options.start ?? 0;
    this.#now = this.#start;
    this.#isAutomatic = options.automatic ?? true;
  }

  now(): number {
    return this.#now;
  }

  monotonic(): number {
    return this.#now - this.#start;
  }

  setTimeout(callback: () => void, ms: number): unknown {
    const timer = { due: this.#now + Math.max(0, ms), callback };
    const after = this.#timers.findIndex((each) => each.due > timer.due);
    this.#timers.splice(after < 0 ? this.#timers.length : after, 0, timer);
    this.#schedule();
    return timer;
  }

  clearTimeout(timer: unknown): void {
    this.#timers = this.#timers.filter((each) => each !== timer);
  }

  /** Time does not go on by itself before those who yield have gone on. */
  async yield(): Promise<void> {
    this.#yielding += 1;
    await new Promise((resolve) => setImmediate(resolve));
    this.#yielding -= 1;
  }

  /** How many timers wait. */
  get pending(): number {
    return this.#timers.length;
  }

  /** Waits on this clock. */
  sleep(ms: number): Promise<void> {
    return new Promise((resolve) => this.setTimeout(resolve, ms));
  }

  /** Goes on by so much, firing what comes due, and lets each have its effect before the next. */
  async advance(ms: number): Promise<void> {
    const until = this.#now + ms;
    await this.yield();
    while ((this.#timers[0]?.due ?? Infinity) <= until) {
      this.#fire();
      await this.yield();
    }
    this.#now = until;
  }

  #schedule(): void {
    if (!this.#isAutomatic || this.#isScheduled) return;
    this.#isScheduled = true;
    setImmediate(() => {
      this.#isScheduled = false;
      if (this.#yielding === 0) this.#fire();
      if (this.#timers.length > 0) this.#schedule();
    });
  }

  #fire(): void {
    const next = this.#timers.shift();
    if (next === undefined) return;
    this.#now = Math.max(this.#now, next.due);
    next.callback();
  }
}
