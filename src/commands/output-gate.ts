import type { Screen } from "../host/host.ts";
import type { StreamName, SystemTerminal } from "../host/terminal.ts";
import { screenBefore } from "../reporters/screen-before.ts";
import type { Redactor } from "../secrets/redactor.ts";

/**
 * The last gate before the terminal: what has come this far with a secret in it is shown without.
 *
 * @param stdoutIsData what is JSON by now is left alone: a mask in it could end a string or replace a number, and
 *   its texts were redacted before they were escaped
 */
export function redactedTerminal(
  terminal: SystemTerminal,
  redactor: Redactor,
  { stdoutIsData }: { readonly stdoutIsData: boolean },
): SystemTerminal {
  return {
    ...terminal,
    stdout: stdoutIsData ? terminal.stdout : redactedScreen(terminal.stdout, redactor),
    stderr: redactedScreen(terminal.stderr, redactor),
  };
}

function redactedScreen(screen: Screen, redactor: Redactor): Screen {
  return screenBefore(screen, (text) => {
    screen.write(redactor.redact(text));
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
