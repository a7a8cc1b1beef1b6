import type { Reporter } from "../reporters/reporter.ts";
import type { BegunRun } from "./begin-run.ts";
import type { CommandContext } from "./context.ts";
import type { PreparedRun } from "./execute-run.ts";

/** How this run is shown. */
export async function chooseReporter(
  _begun: BegunRun,
  _prepared: PreparedRun,
  { host }: CommandContext,
): Promise<Reporter> {
  return Promise.resolve({
    onEvent: (event) => {
      if (event.type === "task-state")
        host.terminal.stdout.write(`${event.task} ${event.to.type} ${event.to.message ?? ""}\n`);
      if (event.type === "run-state") host.terminal.stdout.write(`run ${event.to.type}\n`);
      if (event.type === "task-output") host.terminal.stdout.write(`${event.task ?? ""} | ${event.text}\n`);
    },
    onEnd: (report) => {
      for (const line of report.notifications) host.terminal.stdout.write(`${line}\n`);
    },
  });
}
