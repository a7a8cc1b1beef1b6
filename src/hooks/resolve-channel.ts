import type { ChannelDefinition } from "../model/notification.ts";

/** A channel with its name in config; without one where the definition was made on the spot. */
export interface NamedChannel {
  readonly definition: ChannelDefinition;
  readonly channelName?: string;
}

/** The channel that is always there (design decision 16). */
const INBOX: ChannelDefinition = { type: "inbox" };

/** @returns `undefined` where config has no channel of that name */
export function resolveChannel(
  to: string | ChannelDefinition,
  channels: Readonly<Record<string, ChannelDefinition>>,
): NamedChannel | undefined {
  if (typeof to !== "string") return { definition: to };
  if (Object.hasOwn(channels, to)) return { definition: channels[to] as ChannelDefinition, channelName: to };
  return to === "inbox" ? { definition: INBOX, channelName: to } : undefined;
}
