import type { RunStore } from "../runs/run-store.ts";
import { openStore } from "../coordinator/begin-run.ts";
import type { CommandContext } from "../coordinator/context.ts";
import { openServices, type Services } from "../coordinator/services.ts";

/** The record of this project's runs, for commands that look at it. */
export async function openHistory(
  context: CommandContext,
  /** The flow file's directory; the current one where there is no flow. */
  from?: string,
): Promise<{ readonly store: RunStore; readonly services: Services }> {
  const services = await openServices(context, from === undefined ? {} : { from });
  return { store: openStore(services, context), services };
}
