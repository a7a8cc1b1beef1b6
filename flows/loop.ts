/**
 * A task that goes round until it is done: page after page, each handing on what it has.
 *
 * Expect: "pages" is called three times; "show" logs `6 rows`.
 */
import { flow, Loop, task } from "flowctl";

const PAGES = [[1, 2, 3], [4, 5], [6]];

const pages = task("pages", (_inputs, { loopCount, loopResult }) => {
  const rows = [...((loopResult as readonly number[] | null) ?? []), ...(PAGES[loopCount - 1] ?? [])];
  // eslint-disable-next-line @typescript-eslint/only-throw-error -- signals are not errors, on purpose
  if (loopCount < PAGES.length) throw new Loop("the next page", { result: rows });
  return rows;
});

const show = task("show", ({ rows }: { rows: readonly number[] }, { logger }) => {
  logger.info(`${rows.length} rows`);
});

export default flow("loop", () => {
  show({ rows: pages() });
});
