/**
 * Branches: what is not taken is skipped, and a merge goes on with what ran.
 *
 * Expect: "full-backup" runs and "quick-backup" is skipped; "announce" logs
 * `full backup of 3 files`; "clean" is skipped, because the disk is not full.
 * With `--param mode=quick` it is the other way round.
 */
import { flow, ifElse, merge, switchOn, task } from "flowctl";

const fullBackup = task("full-backup", () => "full backup of 3 files");
const quickBackup = task("quick-backup", () => "quick backup of 1 file");
const isDiskFull = task("is-disk-full", () => false);
const clean = task("clean", () => "cleaned");
const announce = task("announce", ({ what }: { what: string }, { logger }) => {
  logger.info(what);
});

export default flow(
  "control-flow",
  { params: { mode: { type: "string", enum: ["full", "quick"], default: "full" } } },
  ({ mode }) => {
    const { full, quick } = switchOn(mode, { full: () => fullBackup(), quick: () => quickBackup() });
    announce({ what: merge(full, quick) });
    ifElse(isDiskFull(), () => clean());
  },
);
