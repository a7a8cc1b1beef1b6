import { systemProcesses } from "../host/process.ts";
import { processLedger } from "../runs/process-ledger.ts";
import type { Flow } from "../model/flow.ts";
import { asker } from "./ask.ts";
import type { BegunRun } from "./begin-run.ts";
import { binDirectories } from "../runs/project.ts";
import type { CommandContext } from "./context.ts";
import type { PreparedRun } from "./execute-run.ts";
import type { RunParts } from "./record-run.ts";
import type { SubFlowCall } from "./sub-flow.ts";

/** What the command line lends to tasks of the library, by name; each is made when it is first asked for. */
export function taskServices(
  begun: BegunRun,
  prepared: PreparedRun,
  parts: RunParts,
  context: CommandContext,
): (name: string) => unknown {
  const { run, services } = begun;
  const { host } = context;
  const make: Readonly<Record<string, () => unknown>> = {
    clock: () => host.clock,
    fetch: async () => (await import("../channels/proxy.ts")).proxiedFetch(host.environment.variables),
    environment: () => host.environment.variables,
    redaction: () => () => services.redactor.stream(),
    secretVariables: () => Object.values(services.config.secrets.env ?? {}),
    secretFound: () => (name: string, value: string) => {
      services.secretFound(name, value);
    },
    binDirectories: () => binDirectories(begun.place.directory, host.files),
    processes: () => processLedger({ files: host.files, directory: run.directory, processes: systemProcesses() }),
    ask: () => asker(parts.hold, context),
    answer: () => (task: string) => prepared.answers?.get(task),
    runFlow: () => async (flow: Flow, call: SubFlowCall) =>
      (await import("./sub-flow.ts")).runSubFlow({ begun, prepared, parts }, flow, call, context),
  };
  const made = new Map<string, unknown>();
  return (name) => {
    if (!made.has(name)) made.set(name, make[name]?.());
    return made.get(name);
  };
}
