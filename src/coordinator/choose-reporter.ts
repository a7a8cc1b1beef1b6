import { onUnexpectedExit } from "../host/unexpected-exit.ts";
import { chooseReporters } from "../reporters/choose-reporters.ts";
import { decideMode } from "../reporters/mode.ts";
import { multiplex, type Multiplexer } from "../reporters/multiplexer.ts";
import type { Logs } from "../reporters/plain.ts";
import { VERSION } from "../version.ts";
import type { BegunRun } from "./begin-run.ts";
import type { CommandContext } from "./context.ts";
import type { RunViewOptions } from "./run-options.ts";

/** How this run is shown, to people and to files. */
export interface RunView extends Disposable {
  readonly reporter: Multiplexer;
  /** Keeps it still while a person is asked. @returns goes on */
  hold(): () => void;
}

/** How often spinners turn and silence is looked at, in milliseconds. */
const TICK_MS = 100;

/** Chooses the reporters of a run and keeps them moving until it is disposed of. */
export async function chooseReporter(
  { run, services }: BegunRun,
  options: RunViewOptions,
  { host, globals, stop }: CommandContext,
): Promise<RunView> {
  const environment = { ...host.environment, cwd: globals.cwd };
  const mode = decideMode(
    {
      ui: globals.json ? "json" : options.ui,
      color: globals.color,
      quiet: globals.quiet,
      stdoutIsData: options.events === "-",
      input: globals.input,
      ascii: options.ascii,
      annotations: options.annotations,
    },
    environment,
    host.terminal,
  );
  const chosen = await chooseReporters({
    mode,
    terminal: host.terminal,
    environment,
    files: host.files,
    header: { version: VERSION, file: run.will.file, config: run.will.config, cwd: globals.cwd },
    logs: options.logs as Logs | undefined,
    debug: globals.verbose > 1,
    reports: options.report,
    events: options.events,
  });
  const timer = setInterval(() => {
    chosen.tick(host.clock.now());
  }, TICK_MS);
  timer.unref();
  const release = onUnexpectedExit(() => {
    chosen.restore();
  });
  const sayStopping = (): void => {
    const again = stop.signal.reason === "SIGINT" ? "; Ctrl-C again waits for nothing" : "";
    if (mode.ui === "live" || mode.ui === "plain") chosen.print(`stopping what runs${again}\n`);
  };
  stop.signal.addEventListener("abort", sayStopping);
  return {
    reporter: multiplex(chosen.reporters, (text) => services.redactor.redact(text)),
    hold: () => chosen.hold(),
    [Symbol.dispose]() {
      clearInterval(timer);
      release();
      stop.signal.removeEventListener("abort", sayStopping);
      chosen.restore();
    },
  };
}
