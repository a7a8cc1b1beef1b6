import { decideMode } from "../reporters/mode.ts";
import { spinner } from "../reporters/spinner.ts";
import type { CommandContext } from "../coordinator/context.ts";

/** Does something that takes a moment, and shows a person on a terminal that it is under way. */
export async function waiting<T>(text: string, work: () => Promise<T>, context: CommandContext): Promise<T> {
  const { host, globals } = context;
  const { stderr } = host.terminal;
  if (globals.quiet || !stderr.isTTY) return work();
  const mode = decideMode({ ...globals, stdoutIsData: true }, host.environment, host.terminal);
  const turning = await spinner(text, { screen: stderr, mode });
  try {
    return await work();
  } finally {
    turning.stop();
  }
}
