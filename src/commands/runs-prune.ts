import { parseDuration } from "../model/duration.ts";
import { userError } from "../model/error.ts";
import type { CommandContext } from "../coordinator/context.ts";
import { openHistory } from "./open-history.ts";

/** Options of `flowctl runs prune`. */
export interface RunsPruneOptions {
  readonly olderThan?: string;
  readonly keep?: string;
  readonly dryRun?: boolean;
}

/** `flowctl runs prune`: removes old runs now; without options by the same rule that every run follows by itself. */
export async function runsPruneCommand(
  _args: readonly string[],
  options: RunsPruneOptions,
  context: CommandContext,
): Promise<number> {
  const { host, globals } = context;
  const { olderThan, keep, dryRun } = options;
  const age = olderThan === undefined ? undefined : parseDuration(olderThan);
  if (olderThan !== undefined && age === undefined)
    throw userError("usage", "OPTION", `--older-than takes a duration such as 30d, not "${olderThan}".`);
  const kept = keep === undefined ? undefined : Number(keep);
  if (kept !== undefined && (!Number.isInteger(kept) || kept < 0))
    throw userError("usage", "OPTION", `--keep takes a whole number, not "${keep ?? ""}".`);
  const { store } = await openHistory(context, { state: "writes" });
  const removed = store.prune({
    ...(age === undefined ? {} : { olderThanMs: age }),
    ...(kept === undefined ? {} : { keep: kept }),
    ...(dryRun === true ? { dryRun: true } : {}),
  });
  const { stdout, stderr } = host.terminal;
  if (globals.json) stdout.write(`${JSON.stringify({ removed, dryRun: dryRun === true })}\n`);
  else {
    for (const id of removed) stdout.write(`${id}\n`);
    const what = removed.length === 1 ? "1 run" : `${removed.length} runs`;
    if (!globals.quiet) stderr.write(dryRun === true ? `${what} would be removed\n` : `${what} removed\n`);
  }
  return 0;
}
