import { resolve } from "node:path";
import { Command, CommanderError, Option } from "commander";
import { userError } from "../model/error.ts";
import type { SystemHost } from "../host/system-host.ts";
import { VERSION } from "../version.ts";
import type { CommandContext, GlobalOptions } from "../coordinator/context.ts";
import { declareSecrets } from "./declare-secrets.ts";
import { declareRuns } from "./declare-runs.ts";
import { declareConfig } from "./declare-config.ts";
import { declareNotify } from "./declare-notify.ts";
import { declareFlowChecks, declareRun } from "./declare.ts";
import { declareInit } from "./declare-init.ts";
import { EXIT_CODE_HELP } from "./exit-codes.ts";
import { EVERYWHERE, HELP_FORM } from "./help-form.ts";
import { redactedTerminal } from "./output-gate.ts";
import { unknownCommand, usageError } from "./usage-error.ts";

/** A command line that commander refuses: usage. */
const USAGE = 2;

/** What the process lends to whichever command is called. Its terminal shows what it is given. */
export type ProcessParts = Omit<CommandContext, "globals">;

/** A command's own words and options, as commander read them. */
export type Action<Options = never> = (
  args: readonly string[],
  options: Options,
  context: CommandContext,
) => Promise<number>;

/** Makes commander's action of a command that is imported when it is called. */
export type Does = (load: () => Promise<Action>) => (...given: unknown[]) => Promise<void>;

const EXAMPLES = `
Examples:
  $ flowctl run flows/hello.ts               run a flow
  $ flowctl runs show last                   how it went
  $ flowctl secrets set SLACK_WEBHOOK_URL    store a secret (asks, hidden)

More: flowctl <command> --help, flowctl help exit-codes
`;

/**
 * Reads the command line and runs the command it names. Each command is
 * imported when it is called, and only then.
 *
 * @returns the exit code
 */
export async function runProgram(args: readonly string[], parts: ProcessParts): Promise<number> {
  let code = 0;
  const program = declare(parts, args[0], (result) => {
    code = result;
  });
  try {
    await program.parseAsync(args, { from: "user" });
    return code;
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    return error.exitCode === 0 ? 0 : USAGE;
  }
}

function declare(parts: ProcessParts, first: string | undefined, done: (code: number) => void): Command {
  const { host, redactor } = parts;
  const gate = { redactor, isGitHub: host.environment.variables["GITHUB_ACTIONS"] === "true" };
  const program = new Command("flowctl");
  const does: Does =
    (load) =>
    async (...given) => {
      const command = given.at(-1) as Command;
      const action = await load();
      const words = command.processedArgs.flat().filter((word): word is string => typeof word === "string");
      const globals = globalOptions(command.optsWithGlobals<Record<string, unknown>>(), host);
      if (host.files.stat(globals.cwd)?.kind !== "directory")
        throw userError("usage", "CWD", `there is no directory ${globals.cwd}`, { help: "-C takes a directory" });
      const options = command.opts<{ readonly ui?: string; readonly events?: string; readonly format?: string }>();
      const stdoutIsData = globals.json || options.ui === "json" || options.format === "json" || options.events === "-";
      const terminal = redactedTerminal(host.terminal, { ...gate, stdoutIsData });
      done(await action(words, options as never, { ...parts, host: { ...host, terminal }, globals }));
    };
  program
    .description("Run TypeScript and YAML flows with retries, triggers and alerts that are not lost.")
    .version(VERSION, "-V, --version", "show the version")
    .option("-C, --cwd <dir>", "work as if started in this directory")
    .option("--config <file>", "this config file; none for no config")
    .option("--profile <name>", "the part of the config under profiles: NAME, too")
    .option("-q, --quiet", "say nothing unless something is wrong")
    .option("-v, --verbose", "say more; twice for debugging", (_: string, count: number) => count + 1, 0)
    .addOption(new Option("--color <when>", "colour the output").choices(["auto", "always", "never"]).default("auto"))
    .option("--no-color", "the same as --color never")
    .option("--no-input", "never ask; fail instead")
    .option("--json", "data as JSON on standard output, everything else on standard error")
    .configureOutput({
      writeOut: (text) => {
        host.terminal.stdout.write(text);
      },
      writeErr: (text) => {
        host.terminal.stderr.write(text);
      },
      // The error itself says it (see `refuse`).
      outputError: () => undefined,
      getOutHasColors: () => false,
      getErrHasColors: () => false,
    })
    .showSuggestionAfterError(true)
    .configureHelp(HELP_FORM)
    .enablePositionalOptions(false)
    .addHelpText("afterAll", ({ command }) => (command === program ? EXAMPLES : EVERYWHERE))
    .helpCommand(false)
    .argument("[command]")
    .allowExcessArguments(true)
    .usage("[options] <command>")
    .action((word: string | undefined) => {
      if (word !== undefined) throw unknownCommand(word, program);
      program.outputHelp();
    });
  program.commandsGroup("Run:");
  declareRun(program, does);
  // Declaring every command takes longer than a small run; none of them is asked for.
  if (first === "run") {
    refuse(program);
    return program;
  }
  declareFlowChecks(program, does);
  program.commandsGroup("History:");
  declareRuns(program, does);
  declareNotify(program, does);
  program.commandsGroup("Set up:");
  declareInit(program, does);
  declareConfig(program, does);
  declareSecrets(program, does);
  program
    .command("help [topics...]")
    .description("help on a command, or on exit-codes")
    .action((topics: readonly string[]) => {
      if (topics[0] === "exit-codes") {
        host.terminal.stdout.write(EXIT_CODE_HELP);
        return;
      }
      let command = program;
      for (const topic of topics) {
        const next = command.commands.find((each) => each.name() === topic);
        if (next === undefined) throw unknownCommand(topic, command);
        command = next;
      }
      command.outputHelp();
    });
  refuse(program);
  return program;
}

/**
 * What commander refuses is thrown as every other mistake of the person at the terminal; and a second flow, say, is
 * refused, where commander would run the first and say nothing.
 */
function refuse(command: Command): void {
  command.exitOverride((error) => {
    throw error.exitCode === 0 || error.code === "commander.help" ? error : usageError(error, command);
  });
  for (const each of command.commands) {
    each.allowExcessArguments(false);
    refuse(each);
  }
}

function globalOptions(options: Readonly<Record<string, unknown>>, host: SystemHost): GlobalOptions {
  const { cwd, config, profile, quiet, verbose, color, input, json } = options;
  return {
    cwd: resolve(host.environment.cwd, typeof cwd === "string" ? cwd : "."),
    config: typeof config === "string" ? config : undefined,
    profile: typeof profile === "string" ? profile : undefined,
    quiet: quiet === true,
    verbose: typeof verbose === "number" ? verbose : 0,
    color: color === false ? "never" : (color as GlobalOptions["color"]),
    input: input !== false,
    json: json === true,
  };
}
