import { inspect } from "node:util";
import type { CommandContext } from "./coordinator/context.ts";
import { explain } from "./coordinator/explain.ts";
import { guardOutput, redactedTerminal } from "./commands/output-gate.ts";
import { runProgram } from "./commands/program.ts";
import { keepCode } from "./host/code-cache.ts";
import { endBy, signals, type Stop } from "./host/signals.ts";
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
  const fatal = showUncaught(host, redactor);
  const code = await outcome(args, host, { stop, redactor });
  giveBack();
  await host.terminal.drain();
  const refusal = code <= 1 ? keepCode() : undefined;
  if (refusal !== undefined) {
    host.terminal.stderr.write(`warning: ${refusal}\n`);
    await host.terminal.drain();
  }
  stop.release();
  // As by default, so that a shell's loop ends, too (exit 130 would not end it).
  const end = stop.caught !== undefined && code !== DONE_ANYWAY ? endBy(stop.caught) : code;
  // All is written; what still holds the event loop is the flow's (a pool, a server), and the run is over.
  // eslint-disable-next-line no-restricted-syntax
  process.exit(fatal() ? FAILED : end);
}

/** A command that was done before the signal could change anything. */
const DONE_ANYWAY = 0;
const FAILED = 1;

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
    const { redactor } = parts;
    const isGitHub = host.environment.variables["GITHUB_ACTIONS"] === "true";
    const terminal = redactedTerminal(host.terminal, { redactor, isGitHub, stdoutIsData: false });
    return explain(error, { ...host, terminal }, { redact: (text) => redactor.redact(text) });
  }
}

/**
 * Shows what nobody caught, and ends the process, as Node does, but without the secrets in it, and not before a reader
 * that is slow has all of it.
 * @returns whether there was such an error
 */
function showUncaught({ terminal }: SystemHost, redactor: Redactor): () => boolean {
  let isFatal = false;
  process.on("uncaughtException", (error: unknown) => {
    // Code that listens, too, wants to go on.
    if (process.listenerCount("uncaughtException") > 1) return;
    isFatal = true;
    terminal.stderr.write(`${redactor.redact(inspect(error))}\n`);
    void terminal.drain().then(() => {
      // eslint-disable-next-line no-restricted-syntax
      process.exit(FAILED);
    });
  });
  return () => isFatal;
}
