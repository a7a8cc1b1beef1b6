import { Option, type Command } from "commander";
import type { Does } from "./program.ts";

/** An option that may be given several times; a list, empty where it is not given. */
export function repeatable(flags: string, description: string): Option {
  return new Option(flags, description)
    .argParser((value: string, before: readonly string[]) => [...before, value])
    .default([]);
}

/** Declares how a run is limited, shown and told. */
export function declareView(command: Command): Command {
  return command
    .option("-c, --concurrency <n>", "tasks at a time")
    .option("--timeout <duration>", "end the run after this time, such as 30m")
    .option("--grace <duration>", "how long tasks that are ended have for it, before they are killed (default: 5s)")
    .option("--ui <mode>", "how to show the run: auto, live, plain or json", "auto")
    .option("--logs <which>", "output of tasks: full, failed or none")
    .addOption(repeatable("--report <file>", "write a report when the run has ended: .xml (JUnit)"))
    .option("--events <file>", "write every event to this file as a line of JSON; - for standard output")
    .option("--notify", "tell of refused runs on a terminal, too")
    .option("--no-notify", "put nothing in the outbox for hooks and notifiers")
    .option("--strict-notify", "exit with 4 when a notification was not delivered")
    .option("--strict", "run nothing where a secret of a channel is missing")
    .option("--no-cache", "use no result that was cached by an earlier run")
    .option("--no-annotations", "no annotations under GitHub Actions")
    .option("--ascii", "no characters beyond ASCII");
}

/** Declares what runs flows. */
export function declareRun(program: Command, does: Does): void {
  const run = program
    .command("run <flow>")
    .description("run a flow: a .ts or .js module, or a .yaml spec")
    .option("-n, --name <flow>", "the flow's name, where the file holds several")
    .addOption(repeatable("-p, --param <name=value>", "a parameter; name:=json, name=@file"))
    .option("--params-file <file>", "parameters from a JSON or YAML file")
    .option("--dry-run", "show the plan: tasks, parameters, secrets, who is told; run nothing")
    .option("--on-overlap <what>", "when a run of this flow goes on already: run, skip or fail", "run");
  declareView(run).action(does(async () => (await import("./run.ts")).runCommand));
}

/** Declares what looks at flows and runs nothing. */
export function declareFlowChecks(program: Command, does: Does): void {
  program
    .command("validate <flows...>")
    .description("say all that is wrong with flows and their config; runs nothing")
    .option("-n, --name <flow>", "the flow's name, where a file holds several")
    .option("--strict", "warnings count as errors")
    .action(does(async () => (await import("./validate.ts")).validateCommand));
  program
    .command("graph <flow>")
    .description("draw a flow's graph")
    .option("-n, --name <flow>", "the flow's name, where the file holds several")
    .option("--format <form>", "tree, mermaid, dot, json or svg")
    .option("--all", "with the plumbing between tasks")
    .option("--run <run>", "colour tasks by what became of them in this run: an id, or last")
    .action(does(async () => (await import("./graph.ts")).graphCommand));
}
