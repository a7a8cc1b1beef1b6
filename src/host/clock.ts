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

export function systemClock(): Clock {
  return {
    now: () => Date.now(),
    // `performance` is a tenth of a start of Node: it is loaded when it is first used.
    // Without a big integer: the engine asks before each task.
    monotonic() {
      const time = process.hrtime();
      return time[0] * 1000 + time[1] / 1e6;
    },
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
