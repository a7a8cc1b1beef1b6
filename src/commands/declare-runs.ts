import type { Command } from "commander";
import { declareView, repeatable } from "./declare.ts";
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
  declareContinuing(runs, does);
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

/** Declares the two verbs that take an earlier run up again. */
function declareContinuing(runs: Command, does: Does): void {
  const resume = runs
    .command("resume [run]")
    .description("go on with a run that is paused, or that ended before all was done")
    .option("--approve [tasks...]", "say yes to tasks that wait; without names to all of them")
    .option("--reject [tasks...]", "say no: they fail")
    .addOption(repeatable("--input <task=text>", "answer a task that asks for a text"));
  const retry = runs
    .command("retry [run]")
    .description("a new run that does again what did not go well in an earlier one");
  for (const command of [resume, retry])
    declareView(
      command
        .addOption(repeatable("-p, --param <name=value>", "a parameter, where those of the run could not be kept"))
        .option("--params-file <file>", "the same from a JSON or YAML file")
        .option("--force", "go on although the flow has changed: what has changed runs again"),
    );
  resume.action(does(async () => (await import("./runs-resume.ts")).runsResumeCommand));
  retry.action(does(async () => (await import("./runs-resume.ts")).runsRetryCommand));
}
