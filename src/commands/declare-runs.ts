import type { Command } from "commander";
import type { Does } from "./program.ts";

/** Declares what looks at the record of runs. */
export function declareRuns(program: Command, does: Does): void {
  const runs = program.command("runs").description("what ran, and how it ended");
  runs
    .command("list")
    .description("the latest runs of this project")
    .option("--flow <glob>", "only of these flows")
    .option("--state <states>", "only in these states, with commas between")
    .option("--last <duration>", "only of this time, such as 7d")
    .option("-n, --number <n>", "how many", "20")
    .option("--all", "of all projects")
    .action(does(async () => (await import("./runs-list.ts")).runsListCommand));
  runs
    .command("show [run]")
    .description("one run: its tasks and how it ended (an id, its beginning, last or last-failed)")
    .action(does(async () => (await import("./runs-show.ts")).runsShowCommand));
  runs
    .command("logs [run] [task]")
    .description("what the tasks of a run wrote")
    .option("--failed", "only of failed tasks")
    .option("--tail <n>", "only the last lines")
    .action(does(async () => (await import("./runs-logs.ts")).runsLogsCommand));
  runs
    .command("prune")
    .description("remove old runs now")
    .option("--older-than <duration>", "older than this, such as 30d")
    .option("--keep <n>", "keep as many of each flow, however old")
    .option("--dry-run", "only say which")
    .action(does(async () => (await import("./runs-prune.ts")).runsPruneCommand));
  // What a sentinel calls; a person may, too.
  program
    .command("reap [run]", { hidden: true })
    .description("give runs that died their record, and tell of them")
    .action(does(async () => (await import("./reap.ts")).reapCommand));
}
