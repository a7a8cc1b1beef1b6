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
  {
    reason: "a run with a cancelled reference task is Cancelled: in Prefect, Cancelled being no failure, it is Success",
    covers: ({ tasks, edges, referenceTasks, expect }) =>
      expect.flow === "Success" &&
      (referenceTasks ?? terminalOf(tasks, edges)).some((id) => {
        const { state, children = [] } = expect.tasks[id];
        return [state, ...children.map((each) => each.state)].includes("Cancelled");
      }),
  },
];

function terminalOf(tasks, edges) {
  return tasks.map(({ id }) => id).filter((id) => !edges.some(({ from }) => from === id));
}
