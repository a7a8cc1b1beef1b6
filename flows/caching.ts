/**
 * A result that later runs use again, as long as it is young enough and came of
 * the same inputs.
 *
 * Expect: the first run fetches; a second one within the hour does not, and says
 * that "fetch" came from the cache. `--param day=friday` fetches again, and so
 * does `--no-cache`. `flowctl run flows/caching.ts --dry-run` says what is cached.
 */
import { cacheValidators, flow, task } from "flowctl";

const fetchRows = task(
  "fetch",
  { cacheFor: "1h", cacheValidator: cacheValidators.allInputs },
  ({ day }: { day: string }, { logger }) => {
    logger.info(`fetching the rows of ${day}`);
    return [day.length, 2, 3];
  },
);

const report = task("report", ({ rows }: { rows: number[] }, { logger }) => {
  logger.info(`${rows.length} rows`);
});

export default flow("caching", { params: { day: { type: "string", default: "monday" } } }, ({ day }) => {
  report({ rows: fetchRows({ day }) });
});
