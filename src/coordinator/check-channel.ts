import { CHANNEL_TYPES, channelOf, isChannelType } from "../channels/index.ts";
import type { ChannelDefinition } from "../model/notification.ts";
import { suggestion } from "../spec/suggestion.ts";
import type { ChannelProblem } from "../outbox/channel.ts";

/** Checks a channel's own options, without any network. */
export async function checkChannel(definition: ChannelDefinition): Promise<readonly ChannelProblem[]> {
  if (!isChannelType(definition.type))
    return [
      {
        path: "type",
        message: `there is no type "${definition.type}"; ${suggestion(definition.type, CHANNEL_TYPES) ?? "see the README"}`,
      },
    ];
  return (await channelOf(definition.type)).check(definition);
}
