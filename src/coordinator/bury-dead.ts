import { join } from "node:path";
import { readable } from "../model/disk-trouble.ts";
import { openStore } from "./begin-run.ts";
import type { Buried } from "./bury.ts";
import type { CommandContext } from "./context.ts";
import { startDrainer } from "./leave-drainer.ts";
import type { Services } from "./services.ts";

/**
 * Puts in the outbox what runs that died without a word have to tell. It costs one look into a directory where there
 * are none.
 *
 * @param sendsAtOnce whether it is sent beside what this process does
 * @returns it, to be delivered; `undefined` where there are none, or nothing can be written of them
 */
export async function buryDead(
  services: Services,
  context: CommandContext,
  sendsAtOnce = true,
): Promise<Buried | undefined> {
  if (!services.isWritable) return undefined;
  const { files } = context.host;
  if (readable(() => files.list(join(services.stateDirectory, "live")).length, 0) === 0) return undefined;
  const { bury } = await import("./bury.ts");
  return bury(openStore(services, context), services, context, undefined, sendsAtOnce);
}

/** The same for a command that only looks: what there is to tell is sent by a process of its own. */
export async function tellOfDead(services: Services, context: CommandContext): Promise<void> {
  const dead = await buryDead(services, context, false);
  if (dead === undefined || dead.records.length === 0) return;
  if (!(await startDrainer(services.stateDirectory, context))) await dead.deliver();
}
