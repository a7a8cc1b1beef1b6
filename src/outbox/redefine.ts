import type { ChannelDefinition } from "../model/notification.ts";
import { channelIdOf, type OutboxItem } from "./item.ts";
import { recipientsOf } from "./recipients.ts";

/**
 * An item for its channel as that is by now: somebody has mended it. It stays as it is where its recipient is none of
 * the channel's any more, and where it was made with values that only its maker has.
 */
export function redefined(item: OutboxItem, definition: ChannelDefinition | undefined): OutboxItem {
  if (definition === undefined || item.needs.length > 0) return item;
  if (!recipientsOf(definition).includes(item.recipient)) return item;
  const { source } = item;
  return { ...item, definition, channelId: channelIdOf({ definition, ...(source === undefined ? {} : { source }) }) };
}
