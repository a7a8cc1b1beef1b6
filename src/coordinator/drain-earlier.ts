import { join } from "node:path";
import type { CommandContext } from "./context.ts";
import type { Services } from "./services.ts";

/** How long a run's start gives to what earlier runs left; it goes on beside the run. */
const WAIT_MS = 2000;

/** Sends what earlier runs left in the outbox and is due. It costs one look into a directory where nothing is. */
export async function drainEarlier(services: Services, { host }: CommandContext): Promise<void> {
  const waiting = host.files.list(join(services.stateDirectory, "outbox", "new"));
  if (!waiting.some((name) => name.endsWith(".json"))) return;
  await (await services.outbox()).deliver({ deadlineMs: WAIT_MS });
}
