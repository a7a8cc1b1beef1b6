import { systemProcesses } from "../host/process.ts";
import { processLedger } from "../runs/process-ledger.ts";
import type { Answers } from "./answers.ts";
import { asker } from "./ask.ts";
import type { BegunRun } from "./begin-run.ts";
import type { CommandContext } from "./context.ts";

/** What the command line lends to tasks of the library, by name; each is made when it is first asked for. */
export function taskServices(
  { run, services }: BegunRun,
  lent: { readonly hold: () => () => void; readonly answers?: Answers | undefined },
  context: CommandContext,
): (name: string) => unknown {
  const { host } = context;
  const make: Readonly<Record<string, () => unknown>> = {
    clock: () => host.clock,
    environment: () => host.environment.variables,
    redaction: () => () => services.redactor.stream(),
    secretVariables: () => Object.values(services.config.secrets.env ?? {}),
    secretFound: () => (name: string, value: string) => {
      services.secretFound(name, value);
    },
    processes: () => processLedger({ files: host.files, directory: run.directory, processes: systemProcesses() }),
    ask: () => asker(lent.hold, context),
    answer: () => (task: string) => lent.answers?.get(task),
  };
  const made = new Map<string, unknown>();
  return (name) => {
    if (!made.has(name)) made.set(name, make[name]?.());
    return made.get(name);
  };
}
