import { maskedJson } from "../model/shown-value.ts";
import { mapTexts } from "../model/map-texts.ts";
import type { Message } from "../model/notification.ts";
import { maskMarked } from "../model/value-marks.ts";
import { channelIdOf, isGoodNews, isRecovery, itemIdOf, suppression, type NewItem, type OutboxItem } from "./item.ts";
import { recipientsOf } from "./recipients.ts";
import { DEFAULT_TTL_MS, SMS_TTL_MS, SUCCESS_TTL_MS } from "./schedule.ts";

/**
 * The items of one notification: one for each recipient, with the message redacted
 * and the definition frozen.
 *
 * @param times.created orders the items: it may run ahead of `now` by some milliseconds
 * @param isTold whether the item of this id was sent, or will be
 */
export function makeItems(
  item: NewItem,
  { now, created }: { readonly now: number; readonly created: number },
  redact: (text: string) => string,
  isTold: (id: string) => boolean,
): readonly OutboxItem[] {
  const { values, suppressed, repeats, ...rest } = redactedNews(item, redact);
  const channelId = channelIdOf(item);
  const message = dated(rest.message, created);
  return recipientsOf(item.definition).map((recipient, index) => {
    const id = itemIdOf(item, channelId, recipient);
    const isRepeat = repeats === undefined || isTold(itemIdOf({ ...item, ...repeats }, channelId, recipient));
    return {
      ...rest,
      message,
      id,
      channelId,
      recipient,
      needs: Object.keys(values ?? {}),
      // In the order in which the recipients are named.
      created: created + index,
      due: now,
      expires: now + ttlOf(item),
      attempts: [],
      ...(suppressed !== undefined && isRepeat ? { reason: suppression(id, suppressed) } : {}),
    };
  });
}

/** The ids of the items that it becomes. */
export function idsOf(item: NewItem): readonly string[] {
  const channelId = channelIdOf(item);
  return recipientsOf(item.definition).map((recipient) => itemIdOf(item, channelId, recipient));
}

/** The same news without secrets in its words, nor in those of its fallback. */
export function redactedNews(item: NewItem, redact: (text: string) => string): NewItem {
  const { message, fallback, suppressed } = item;
  return {
    ...item,
    ...(suppressed === undefined ? {} : { suppressed: redact(suppressed) }),
    message: redactedMessage(message, redact),
    ...(fallback === undefined ? {} : { fallback: redactedNews(fallback, redact) }),
  };
}

function redactedMessage(message: Message, redact: (text: string) => string): Message {
  const masked = mapTexts(message, (text) => maskMarked(text, redact));
  if (masked.kind === "payload")
    return {
      ...masked,
      payload: JSON.parse(maskedJson(JSON.stringify(masked.payload), redact)) as typeof masked.payload,
    };
  if (message.kind === "payload" || message.filled?.body?.isJson !== true) return masked;
  const body = { text: maskedJson(message.filled.body.text, redact), isJson: true };
  return { ...masked, filled: { ...masked.filled, body } };
}

/** A strict notifier has no clock: what it says happened now. */
function dated(message: Message, now: number): Message {
  if (message.kind !== "alert" || message.alert.at !== 0) return message;
  return { kind: "alert", alert: { ...message.alert, at: now } };
}

function ttlOf(item: NewItem): number {
  if (item.definition.type === "sms") return SMS_TTL_MS;
  return isGoodNews(item) && !isRecovery(item) ? SUCCESS_TTL_MS : DEFAULT_TTL_MS;
}
