import { inspect } from "node:util";
import type { CommandContext } from "./commands/context.ts";
import { explain } from "./commands/explain.ts";
import { guardOutput } from "./commands/output-gate.ts";
import { runProgram } from "./commands/program.ts";
import type { Stop } from "./commands/stop.ts";
import { systemHost, type SystemHost } from "./host/system-host.ts";
import { isSecretVariable } from "./model/secret-variable.ts";
import { registerEnvironmentSecrets } from "./secrets/environment-secrets.ts";
import { createRedactor, type Redactor } from "./secrets/redactor.ts";

/** The process of every command: arguments in, exit code out. It imports a command only when that command is called. */
export async function main(args: readonly string[]): Promise<void> {
  const host = systemHost(isSecretVariable);
  const stop = signals();
  const redactor = createRedactor();
  registerEnvironmentSecrets(redactor, host.environment.variables);
  const giveBack = guardOutput(host.terminal, redactor);
  process.once("exit", giveBack);
  showUncaught(host, redactor);
  const code = await outcome(args, host, { stop, redactor });
  giveBack();
  await host.terminal.drain();
  stop.release();
  // As by default, so that a shell's loop ends, too (exit 130 would not end it).
  if (stop.caught !== undefined && code !== DONE_ANYWAY) process.kill(process.pid, stop.caught);
  // All is written; what still holds the event loop is the flow's (a pool, a server), and the run is over.
  // eslint-disable-next-line no-restricted-syntax
  process.exit(code);
}

/** A command that was done before the signal could change anything. */
const DONE_ANYWAY = 0;

/** Turns whatever a command throws into words and a code. */
async function outcome(
  args: readonly string[],
  host: SystemHost,
  parts: { readonly stop: Stop; readonly redactor: Redactor },
): Promise<number> {
  const reveal: CommandContext["reveal"] = (text, stream = "stdout") => {
    host.terminal[stream].write(text);
  };
  try {
    return await runProgram(args, { ...parts, host, reveal });
  } catch (error) {
    return explain(error, host, { redact: (text) => parts.redactor.redact(text) });
  }
}

/** Shows what nobody caught, and ends the process, as Node does, but without the secrets in it. */
function showUncaught({ terminal }: SystemHost, redactor: Redactor): void {
  process.on("uncaughtException", (error: unknown) => {
    // Code that listens, too, wants to go on.
    if (process.listenerCount("uncaughtException") > 1) return;
    terminal.stderr.write(`${redactor.redact(inspect(error))}\n`);
    // eslint-disable-next-line no-restricted-syntax
    process.exit(1);
  });
}

/** The signals of the process, and how it ends after one. */
interface Signals extends Stop {
  caught: NodeJS.Signals | undefined;
  release(): void;
}

const CAUGHT = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/** The first signal asks to stop; the second ends the process at once, as if it were not caught. */
function signals(): Signals {
  const controller = new AbortController();
  const stop: Signals = {
    signal: controller.signal,
    caught: undefined,
    release() {
      for (const name of CAUGHT) process.removeListener(name, onSignal);
    },
  };
  const onSignal = (name: NodeJS.Signals): void => {
    if (stop.caught !== undefined) {
      stop.release();
      process.kill(process.pid, name);
      return;
    }
    stop.caught = name;
    controller.abort(name);
  };
  for (const name of CAUGHT) process.on(name, onSignal);
  return stop;
}
