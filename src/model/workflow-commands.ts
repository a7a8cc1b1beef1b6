/**
 * Commands that GitHub Actions reads in a log: `::name key=value::data`, and their old form `##[name]`.
 * Source: GitHub, workflow commands; actions/runner, ActionCommand: the old form is found anywhere in a line, the new one
 * behind any white space of Unicode.
 */

/** The data of a command: all that follows its last `::`. */
export function commandData(text: string): string {
  return text.replaceAll("%", "%25").replaceAll("\r", "%0D").replaceAll("\n", "%0A");
}

/** The value of a property of a command. */
export function commandProperty(text: string): string {
  return commandData(text).replaceAll(":", "%3A").replaceAll(",", "%2C");
}

/** The same lines with nothing that GitHub would obey. */
export function withoutCommands(text: string): string {
  return text.replaceAll("##[", "## [").replace(/^([\s\u0085\u180e]*)::/gmu, "$1: :");
}
