import { Help, type Command, type HelpConfiguration, type Option } from "commander";

/** How every command's help is written. */
export const HELP_FORM: HelpConfiguration = {
  // As it is typed: `set <name>`. That there are options is true of all.
  subcommandTerm: (command: Command) =>
    `${command.name()} ${command.usage().replace(/ ?\[(options|command)\] ?/g, "")}`.trimEnd(),
  // That a list is empty by default needs no words.
  optionDescription: (option: Option) =>
    Array.isArray(option.defaultValue) ? option.description : new Help().optionDescription(option),
};

/** Stands at the end of each command's help, which shows its own options only. */
export const EVERYWHERE = `
Every command takes -C, --config, --profile, -q, -v, --color, --no-input and
--json, too: flowctl --help
`;
