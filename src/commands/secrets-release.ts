import { join } from "node:path";
import type { CommandContext } from "../coordinator/context.ts";
import type { OnStored } from "./secrets-set.ts";

/** How long `secrets set` waits for a service; what is not delivered then goes with a later command. */
const PATIENCE_MS = 15_000;

/** Sends the messages that were held for want of this secret, once it was stored. */
export function releaseHeld({ host, stop }: CommandContext): OnStored {
  return async (name, { services }) => {
    // Most people have nothing held; they need not load the outbox.
    if (host.files.list(join(services.stateDirectory, "outbox", "held")).length === 0) return undefined;
    const outbox = await services.outbox();
    const ids = await outbox.release(name);
    if (ids.length === 0) return undefined;
    const { outcomes } = await outbox.deliver({ ids, deadlineMs: PATIENCE_MS, signal: stop.signal, urgent: true });
    // A fallback that was delivered meanwhile is another message.
    const sent = outcomes.filter((each) => each.state === "sent" && ids.includes(each.id)).length;
    const messages = `${ids.length} held ${ids.length === 1 ? "message" : "messages"}`;
    if (sent === ids.length) return `Delivered ${messages} that waited for ${name}.`;
    return `Released ${messages} that waited for ${name}; delivered ${sent}. See: flowctl notify list`;
  };
}
