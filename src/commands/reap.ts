import { bury } from "../coordinator/bury.ts";
import type { CommandContext } from "../coordinator/context.ts";
import { leaveToDrainer } from "../coordinator/leave-drainer.ts";
import { openHistory } from "./open-history.ts";

/**
 * `flowctl reap [RUN]`, what a sentinel calls: gives a run that died its terminal record,
 * tells of it, and delivers for a bounded time what there is to tell.
 */
export async function reapCommand(
  [runId]: readonly string[],
  _options: object,
  context: CommandContext,
): Promise<number> {
  const { store, services } = await openHistory(context);
  const told = await bury(store, services, context, runId === undefined ? undefined : { runId });
  await leaveToDrainer(await told.deliver(), services.stateDirectory, context);
  return 0;
}
