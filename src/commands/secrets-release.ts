import { join } from "node:path";
import type { CommandContext } from "./context.ts";
import type { OnStored } from "./secrets-set.ts";

/**
 * Lets messages go that were held for want of this secret, once it was stored. They
 * are due at once, and go with the next command that delivers.
 */
export function releaseHeld({ host }: CommandContext): OnStored {
  return async (name, { services }) => {
    // Most people have nothing held; they need not load the outbox.
    if (host.files.list(join(services.stateDirectory, "outbox", "held")).length === 0) return undefined;
    const outbox = await services.outbox();
    const released = (await outbox.release(name)).length;
    if (released === 0) return undefined;
    return `Released ${released} held ${released === 1 ? "message" : "messages"}.`;
  };
}
