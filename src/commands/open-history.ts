import type { RunStore } from "../runs/run-store.ts";
import { openStore } from "../coordinator/begin-run.ts";
import { tellOfDead } from "../coordinator/bury-dead.ts";
import type { CommandContext } from "../coordinator/context.ts";
import { openServices, type Services } from "../coordinator/services.ts";

/** The record of this project's runs, for commands that look at it. What died without a word is on it, and told. */
export async function openHistory(
  context: CommandContext,
  {
    from,
    state = "reads",
  }: {
    /** The flow file's directory. @default the current one */
    readonly from?: string;
    /** What is done with the record. @default "reads" */
    readonly state?: "reads" | "writes";
  } = {},
): Promise<{ readonly store: RunStore; readonly services: Services }> {
  const services = await openServices(context, { state, ...(from === undefined ? {} : { from }) });
  await tellOfDead(services, context);
  return { store: openStore(services, context), services };
}
