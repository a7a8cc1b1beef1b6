import { openStore } from "../coordinator/begin-run.ts";
import { bury } from "../coordinator/bury.ts";
import type { CommandContext } from "../coordinator/context.ts";
import { leaveToDrainer } from "../coordinator/leave-drainer.ts";
import { openServices } from "../coordinator/services.ts";

/**
 * `flowctl reap [RUN]`, what a sentinel calls: gives a run that died its terminal record,
 * tells of it, and delivers for a bounded time what there is to tell.
 */
export async function reapCommand(
  [runId]: readonly string[],
  _options: object,
  context: CommandContext,
): Promise<number> {
  const services = await openServices(context);
  const told = await bury(openStore(services, context), services, context, runId === undefined ? undefined : { runId });
  for (const { runId: id, flow, state, message } of told.records)
    context.host.terminal.stderr.write(`run ${id} of "${flow}" ended ${state}: ${message ?? ""}\n`);
  await leaveToDrainer(await told.deliver(), services.stateDirectory, context);
  return 0;
}
