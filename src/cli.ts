import { fileURLToPath } from "node:url";
import type { Stop } from "./commands/stop.ts";
import type { SystemHost } from "./host/system-host.ts";
import { projectCopy } from "./load/project-copy.ts";
import { VERSION } from "./version.ts";

/**
 * The process: arguments in, exit code out. It alone touches `process`, and it
 * imports a command only when that command is called.
 */
async function main(args: readonly string[]): Promise<void> {
  const copy = projectCopy(args, process.cwd());
  if (copy !== undefined) {
    process.argv[1] = fileURLToPath(copy);
    await import(copy);
    return;
  }
  if (args.length === 1 && (args[0] === "--version" || args[0] === "-V")) {
    process.stdout.write(`${VERSION}\n`);
    return;
  }
  const { systemHost } = await import("./host/system-host.ts");
  const host = systemHost();
  const stop = signals();
  const code = await outcome(args, host, stop);
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
async function outcome(args: readonly string[], host: SystemHost, stop: Signals): Promise<number> {
  try {
    const { runProgram } = await import("./commands/program.ts");
    return await runProgram(args, host, stop);
  } catch (error) {
    const { explain } = await import("./commands/explain.ts");
    return explain(error, host);
  }
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

void main(process.argv.slice(2));
