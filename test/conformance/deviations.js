/**
 * Where flowctl deviates from Prefect 1.x on purpose: which scenarios, and the
 * line of the design that says why. A scenario that one of them covers and that
 * agrees all the same fails the tests: then it is no deviation.
 */
export const DEVIATIONS = [
  {
    reason:
      "retries run on timers: Prefect ends the run after the pass in which the terminal tasks finished, " +
      "and leaves a mapped child that nobody waits for Retrying; here it is retried before the run ends",
    covers: ({ expect }) =>
      Object.values(expect.tasks).some(({ children = [] }) => children.some(({ state }) => state === "Retrying")),
  },
];
