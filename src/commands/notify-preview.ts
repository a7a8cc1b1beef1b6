import { channelOf } from "../channels/index.ts";
import type { ChannelDefinition, Message } from "../model/notification.ts";
import { secretNames } from "../coordinator/services.ts";

/** What a message looks like at a channel, as the channel itself would send it. Secrets stand as their names. */
export async function previewOf(definition: ChannelDefinition, message: Message, now: number): Promise<string> {
  const channel = await channelOf(definition.type);
  return channel.preview({
    id: "n_preview",
    definition,
    recipient: channel.recipients(definition)[0] ?? "",
    message,
    attempt: 1,
    createdAt: now,
    at: now,
    values: Object.fromEntries(secretNames(definition).map((name) => [name, `(secret ${name})`])),
    // A preview sends nothing that a service could repeat.
    redact: (text) => text,
    signal: new AbortController().signal,
    environment: {},
  });
}
