import type { ChannelDefinition, Message } from "../model/notification.ts";
import type { DeliveryRequest } from "../outbox/channel.ts";

/** What a message looks like at a channel: the payload for Slack, the text for an SMS, plain text elsewhere. */
export async function previewOf(definition: ChannelDefinition, message: Message, now: number): Promise<string> {
  const delivery: DeliveryRequest = {
    id: "n_preview",
    definition,
    recipient: "",
    message,
    attempt: 1,
    createdAt: now,
    at: now,
    values: {},
    signal: new AbortController().signal,
    environment: {},
  };
  if (definition.type === "slack") {
    const { slackLadder } = await import("../channels/slack-payload.ts");
    return JSON.stringify(slackLadder(delivery)[0], null, 2);
  }
  if (definition.type === "sms") {
    const [{ smsText }, { SegmentedMessage }] = await Promise.all([
      import("../channels/sms-text.ts"),
      import("../channels/segmented-message.ts"),
    ]);
    return smsText(delivery, 2, (text) => new SegmentedMessage(text).segmentsCount);
  }
  const { renderText } = await import("../channels/render-text.ts");
  const { title, text } = renderText(delivery, 10_000);
  return text.startsWith(title) ? text : `${title}\n${text}`;
}
