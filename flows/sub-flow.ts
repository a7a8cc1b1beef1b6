/**
 * A flow as a task of another: it has a run of its own in the history, and its
 * end is the task's.
 *
 * Expect: "region" runs once for each region, side by side; `flowctl runs list`
 * shows each of these runs with the one it belongs to.
 */
import { flow, runFlow, task } from "flowctl";

const load = task("load", ({ name }: { name: string }, { logger }) => {
  logger.info(`loading ${name}`);
});

const region = flow("region", { params: { name: { type: "string" } } }, ({ name }) => {
  load({ name });
});

const done = task("done", (_inputs, { logger }) => {
  logger.info("all regions are loaded");
});

export default flow("sub-flow", () => {
  const loaded = runFlow(region).map({ params: [{ name: "north" }, { name: "south" }] });
  done({}, { upstream: [loaded] });
});
