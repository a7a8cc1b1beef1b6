/**
 * A task that waits for a person.
 *
 * Expect: at a terminal it asks "Publish it?" and goes on with the answer.
 * Elsewhere the run is Paused and the exit code is 5;
 * `flowctl runs resume last --approve` goes on with it, `--reject` fails it.
 * What was built before is not built again.
 */
import { approval, flow, task } from "flowctl";

const build = task("build", (_inputs, { logger }) => {
  logger.info("building");
  return "v1.2.3";
});

const publish = task("publish", ({ version }: { version: string }, { logger }) => {
  logger.info(`published ${version}`);
});

export default flow("approval", () => {
  const version = build();
  const approved = approval({ message: "Publish it?" }, { name: "approve", upstream: [version] });
  publish({ version }, { upstream: [approved] });
});
