import { join } from "node:path";
import type { CommandContext } from "./context.ts";
import type { OnStored } from "./secrets-set.ts";

/**
 * Lets messages go that were held for want of this secret, once it was stored. They
 * wait in the outbox for the next command that delivers; nothing is sent here.
 */
export function releaseHeld({ host }: CommandContext): OnStored {
  return async (name, { stateDirectory, redactor }) => {
    const { environment, files, clock, random } = host;
    // Most people have nothing held; they need not load the outbox.
    if (files.list(join(stateDirectory, "outbox", "held")).length === 0) return undefined;
    const { createOutbox } = await import("../outbox/outbox.ts");
    const { channelOf } = await import("../channels/index.ts");
    const outbox = createOutbox({
      files,
      clock,
      random,
      environment,
      directory: stateDirectory,
      channel: channelOf,
      values: () => Promise.resolve({}),
      redact: (text) => redactor.redactMessage(text),
    });
    const released = (await outbox.release(name)).length;
    if (released === 0) return undefined;
    return `Released ${released} held ${released === 1 ? "message" : "messages"}; flowctl notify flush sends them now.`;
  };
}
