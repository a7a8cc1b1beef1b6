import { uptime } from "node:os";

/** Time as a port: the engine waits an hour in a millisecond under the test kit's clock. */
export interface Clock {
  /** Epoch milliseconds. */
  now(): number;
  /** Milliseconds that never go back, for durations. */
  monotonic(): number;
  /** @returns what `clearTimeout` takes */
  setTimeout(callback: () => void, ms: number): unknown;
  clearTimeout(timer: unknown): void;
  /** Lets signals, timers and frames in during long work. @default a timer of 0 ms */
  yield?(): Promise<void>;
}

/** Longest delay Node's timers take; longer ones are split. */
const LONGEST = 2 ** 31 - 1;
/** How often the clock looks whether the machine was asleep, and the shortest sleep that it counts. */
const SLEEP_CHECK_MS = 1000;

/** What the system clock is read from; replaced in tests. All are milliseconds. */
export interface TimeSources {
  readonly wall: () => number;
  /** Never goes back; may stand still while the machine sleeps. */
  readonly monotonic: () => number;
  /** Since the machine started, its sleep included. */
  readonly uptime: () => number;
}

/**
 * The clock of this process. It reads the wall clock once and counts from there: where somebody sets the wall clock,
 * retries, timeouts, delivery schedules and durations of this process do not jump. Time in which the machine slept counts.
 */
export function systemClock({ wall, monotonic, uptime }: TimeSources = SYSTEM): Clock {
  let offset: number | undefined;
  let checkedAt = 0;
  /** What the machine had been up for more than `monotonic` counted, at the last check. */
  let ahead: number | undefined;
  const now = (): number => {
    const at = monotonic();
    if (offset === undefined) {
      offset = wall() - at;
      checkedAt = at;
    } else if (at - checkedAt >= SLEEP_CHECK_MS) {
      checkedAt = at;
      const difference = uptime() - at;
      const slept = difference - (ahead ?? difference);
      if (ahead === undefined || slept >= SLEEP_CHECK_MS) {
        ahead = difference;
        offset += slept;
      }
    }
    return Math.floor(offset + at);
  };
  return {
    now,
    monotonic,
    setTimeout(callback, ms) {
      const timer = { handle: undefined as NodeJS.Timeout | undefined };
      const arm = (left: number): void => {
        const wait = Math.min(Math.max(left, 0), LONGEST);
        timer.handle = setTimeout(() => {
          if (left > wait) arm(left - wait);
          else callback();
        }, wait);
      };
      arm(ms);
      return timer;
    },
    clearTimeout(timer) {
      clearTimeout((timer as { handle: NodeJS.Timeout | undefined } | undefined)?.handle);
    },
    // The first may come before the loop has looked for signals and timers; between two it has.
    yield: () =>
      new Promise((resolve) => {
        setImmediate(() => setImmediate(resolve));
      }),
  };
}

const SYSTEM: TimeSources = {
  wall: () => Date.now(),
  // `performance` is a tenth of a start of Node: it is loaded when it is first used.
  // Without a big integer: the engine asks before each task.
  monotonic() {
    const time = process.hrtime();
    return time[0] * 1000 + time[1] / 1e6;
  },
  uptime: () => uptime() * 1000,
};
