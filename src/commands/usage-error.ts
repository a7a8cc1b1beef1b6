import type { Command, CommanderError } from "commander";
import { closest, distance } from "fastest-levenshtein";
import { userError } from "../model/error.ts";

/** What commander refuses about a command line, said as every other mistake is said, with what to type next. */
export function usageError(error: CommanderError, command: Command): Error {
  const said = error.message.replace(/^error: /, "");
  const wrong = (code: string, message: string, help: string): Error => userError("usage", code, message, { help });
  switch (error.code) {
    case "commander.unknownOption": {
      const [, option = ""] = /^unknown option '(.*)'/s.exec(said) ?? [];
      const [, meant] = /\(Did you mean (.*)\?\)$/.exec(said) ?? [];
      return wrong(
        "UNKNOWN_OPTION",
        `there is no option "${option}"`,
        OPTIONS_ELSEWHERE.get(option) ??
          (meant === undefined ? `${path(command)} --help lists the options` : `did you mean ${meant}?`),
      );
    }
    case "commander.unknownCommand":
      return unknownCommand(command.args[0] ?? "", command);
    case "commander.missingArgument": {
      const [, argument = ""] = /'(.*)'/s.exec(said) ?? [];
      const files = ((command.getOptionValue("param") ?? []) as readonly string[]).filter(isFlowFile);
      return wrong(
        "ARGUMENT",
        `"${path(command)}" lacks its <${argument}>`,
        files[0] === undefined ? usage(command) : `the flow stands by itself: ${path(command)} ${files[0]}`,
      );
    }
    case "commander.excessArguments": {
      const extra = command.args[command.registeredArguments.length] ?? "";
      const isParameter = /^[\w-]+:?=/.test(extra) && command.options.some(({ long }) => long === "--param");
      return wrong(
        "ARGUMENT",
        `"${extra}" is one argument too many`,
        isParameter ? `a parameter is given as -p ${extra}` : usage(command),
      );
    }
    case "commander.optionMissingArgument": {
      const [, option = ""] = /'(.*)'/s.exec(said) ?? [];
      return wrong("OPTION", `the option ${option} lacks its value`, `${path(command)} --help`);
    }
    default: {
      const [, option = said, value = "", choices = ""] =
        /^option '.*?(--[\w-]+).*?' argument '(.*)' is invalid\. Allowed choices are (.*)\.$/s.exec(said) ?? [];
      return wrong("OPTION", `${option} takes ${choices}, not "${value}"`, `${path(command)} --help`);
    }
  }
}

/** Prefect's options of `run`. */
const OPTIONS_ELSEWHERE: ReadonlyMap<string, string> = new Map([
  ["--log-level", "--logs full shows what tasks print and log while they run"],
  ["--path", "the flow's file stands by itself: flowctl run FILE"],
  ["--module", "the flow's file stands by itself: flowctl run FILE"],
]);

/** Prefect's commands around its server. */
const OF_A_SERVER = /^(?:agent|auth|backend|build|create|deploy|execute|get|register|server)$/;

const isFlowFile = (word: string): boolean => /\.([cm]?[jt]s|ya?ml)$/.test(word);

/** `flowctl flow.ts` is not a command, but it is plain what is meant. */
export function unknownCommand(word: string, parent: Command): Error {
  const isFile = parent.parent === null && isFlowFile(word);
  if (isFile)
    return userError("usage", "UNKNOWN_COMMAND", `"${word}" is a file, not a command`, { help: `flowctl run ${word}` });
  const near = closest(
    word,
    parent.commands.map((each) => each.name()),
  );
  // Two letters that changed places are two changes.
  const isNear = distance(word, near) <= Math.min(2, word.length - 1);
  return userError("usage", "UNKNOWN_COMMAND", `there is no command "${path(parent, word).slice("flowctl ".length)}"`, {
    help:
      parent.parent === null && OF_A_SERVER.test(word)
        ? "there is no server to speak to: flowctl run FILE, started by hand, by cron or by CI"
        : isNear
          ? `did you mean "${path(parent, near)}"?`
          : `${path(parent)} --help lists the commands`,
  });
}

/** As it is typed: `flowctl runs show`. */
function path(command: Command, ...words: readonly string[]): string {
  const own = [command.name(), ...words];
  return command.parent === null ? own.join(" ") : path(command.parent, ...own);
}

function usage(command: Command): string {
  return `${path(command)} ${command.usage()}`;
}
