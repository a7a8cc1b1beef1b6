import { isCi } from "../reporters/mode.ts";
import type { CommandContext } from "./context.ts";

/**
 * Asks a person at the terminal, one question at a time, while nothing else is painted there. Undefined where
 * nobody sits at one.
 *
 * @param hold keeps the view of the run still until it is called back
 */
export function asker(
  hold: () => () => void,
  { host, globals }: CommandContext,
): ((question: string, signal: AbortSignal) => Promise<string | undefined>) | undefined {
  const { terminal, input, environment } = host;
  if (!globals.input || !terminal.stdinIsTTY || !terminal.stderr.isTTY || isCi(environment.variables)) return undefined;
  let last: Promise<unknown> = Promise.resolve();
  const askOne = async (question: string, signal: AbortSignal): Promise<string | undefined> => {
    if (signal.aborted) return undefined;
    const release = hold();
    try {
      terminal.stderr.write(question);
      const answer = await input.readLine(signal);
      // What was typed ended its line by itself.
      if (answer === undefined) terminal.stderr.write("\n");
      return answer;
    } finally {
      release();
    }
  };
  return (question, signal) => {
    const asked = last.then(() => askOne(question, signal));
    last = asked.catch(() => undefined);
    return asked;
  };
}
