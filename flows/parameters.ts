/**
 * Parameters with types: read from text, checked all at once before anything runs.
 *
 * Try: `flowctl run flows/parameters.ts --param version=1.10 --param since=2026-01-31`
 * Expect: "show" logs `release 1.10 of 5 rows since 2026-01-31`; 1.10 stays a
 * text. Without `version`, nothing runs and the exit code is 2.
 */
import { flow, task } from "flowctl";

const show = task("show", ({ version, limit, since }: { version: string; limit: number; since: Date }, { logger }) => {
  logger.info(`release ${version} of ${limit} rows since ${since.toISOString().slice(0, 10)}`);
});

export default flow(
  "parameters",
  {
    params: {
      version: { type: "string", description: "what to release" },
      limit: { type: "integer", default: 5 },
      since: { type: "datetime", default: new Date("2026-01-01") },
    },
  },
  ({ version, limit, since }) => {
    show({ version, limit, since });
  },
);
