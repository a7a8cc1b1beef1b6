/**
 * Retries with delays that grow, for some errors only; a time limit for each attempt.
 *
 * Expect: "download" fails twice with a Busy error, waits 100 and then 200 ms,
 * and succeeds at its third attempt. "slow" does not end within 200 ms, is tried
 * once more, and succeeds. "parse" fails with another error and is not tried
 * again, but the run is Success: "report" runs whatever came of it, and decides.
 */
import { flow, sleep, task, triggers } from "flowctl";

class Busy extends Error {}

const download = task(
  "download",
  { retry: { max: 3, delay: "100ms", backoff: 2, maxDelay: "1s", on: Busy } },
  (_inputs, { attempt }) => {
    if (attempt < 3) throw new Busy("come back later");
    return "a,b";
  },
);

const slow = task("slow", { retry: 1, timeout: "200ms" }, async (_inputs, context) => {
  if (context.attempt === 1) await sleep.run({ duration: "10s" }, context);
  return "in time";
});

const parse = task("parse", { retry: { max: 3, on: [Busy] } }, ({ text }: { text: string }) => {
  throw new SyntaxError(`cannot read ${text}`);
});

const report = task("report", { trigger: triggers.allFinished }, (_inputs, { logger }) => {
  logger.info("all tried");
});

const retries = flow("retries", () => {
  const parsed = parse({ text: download() });
  report({}, { upstream: [parsed, slow()] });
});
retries.setReferenceTasks(retries.getTasks({ name: "report" }));

export default retries;
