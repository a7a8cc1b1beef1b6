import { CHANNEL_TYPES, channelOf, isChannelType } from "../channels/index.ts";
import type { ChannelDefinition } from "../model/notification.ts";
import type { ChannelProblem } from "../outbox/channel.ts";

/** Checks a channel's own options, without any network. */
export async function checkChannel(definition: ChannelDefinition): Promise<readonly ChannelProblem[]> {
  if (!isChannelType(definition.type))
    return [{ path: "type", message: `is not a type of channel; there are ${CHANNEL_TYPES.join(", ")}` }];
  return (await channelOf(definition.type)).check(definition);
}
