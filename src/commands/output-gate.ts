import { maskedJson } from "../model/shown-value.ts";
import type { Screen } from "../host/host.ts";
import type { StreamName, SystemTerminal } from "../host/terminal.ts";
import { clean, escapeControls } from "../model/clean.ts";
import { withoutCommands } from "../model/workflow-commands.ts";
import { screenBefore } from "../reporters/screen-before.ts";
import type { Redactor } from "../secrets/redactor.ts";

/** What a command's terminal is made of. */
interface GateOptions {
  readonly redactor: Pick<Redactor, "redact">;
  /** Whether standard output is JSON: texts are masked before they are escaped, so that it stays JSON. */
  readonly stdoutIsData: boolean;
  /** `GITHUB_ACTIONS` is set: lines of text are no commands. */
  readonly isGitHub: boolean;
}

/**
 * The one way from a command to the terminal: text is cleaned, then masked, whatever names, messages and paths are in it.
 * Cursor movements and commands of a CI system go through `control`.
 */
export function redactedTerminal(terminal: SystemTerminal, options: GateOptions): SystemTerminal {
  const { stdout, stderr } = terminal;
  return {
    ...terminal,
    stdout: options.stdoutIsData ? dataScreen(stdout, options) : textScreen(stdout, options),
    stderr: textScreen(stderr, options),
  };
}

function textScreen(screen: Screen, { redactor, isGitHub }: GateOptions): Screen {
  return screenBefore(screen, (text, method) => {
    if (method === "control") {
      screen.write(redactor.redact(text));
      return;
    }
    const cleaned = clean(text, { colours: true });
    screen.write(redactor.redact(isGitHub ? withoutCommands(cleaned) : cleaned));
  });
}

function dataScreen(screen: Screen, options: GateOptions): Screen {
  const text = textScreen(screen, options);
  return screenBefore(screen, (written) => {
    if (!/^\s*[[{"]/.test(written)) {
      text.write(written);
      return;
    }
    const json = escapeControls(maskedJson(written, (each) => options.redactor.redact(each)));
    screen.write(options.isGitHub ? json.replaceAll("##[", "#\\u0023[") : json);
  });
}

/**
 * Takes secrets out of what code of the person's writes by itself, by `console.log` or to the process's streams:
 * from the first line of a flow or config that is loaded to the end of the process.
 *
 * @returns gives the streams back, and shows what was kept back
 */
export function guardOutput(terminal: SystemTerminal, redactor: Redactor): () => void {
  const streams = { stdout: redactor.stream(), stderr: redactor.stream() };
  const giveBack = terminal.intercept((name, text) => {
    terminal[name].write(streams[name].write(text));
  });
  return () => {
    giveBack();
    for (const name of ["stdout", "stderr"] satisfies StreamName[]) terminal[name].write(streams[name].end());
  };
}
