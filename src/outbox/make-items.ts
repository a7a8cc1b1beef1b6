import type { Message } from "../model/notification.ts";
import { channelIdOf, itemIdOf, suppression, type NewItem, type OutboxItem } from "./item.ts";
import { DEFAULT_TTL_MS, SMS_TTL_MS, SUCCESS_TTL_MS } from "./schedule.ts";

/**
 * The items of one notification: one for each recipient, with the message redacted
 * and the definition frozen.
 *
 * @param times.created orders the items: it may run ahead of `now` by some milliseconds
 */
export function makeItems(
  item: NewItem,
  { now, created }: { readonly now: number; readonly created: number },
  redact: (text: string) => string,
): readonly OutboxItem[] {
  const { values, suppressed, ...rest } = item;
  const channelId = channelIdOf(item.definition, item.source);
  const message = redactDeep(dated(item.message, created), redact) as Message;
  return recipientsOf(item).map((recipient, index) => {
    const id = itemIdOf(item, channelId, recipient);
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
      ...(suppressed === undefined ? {} : { reason: suppression(id, suppressed) }),
    };
  });
}

/**
 * Whom one message goes to: the definition's `to`, `cc` and `bcc`, each by itself, so that one
 * refusal does not repeat the message for the others. One empty name where there
 * is none.
 */
function recipientsOf({ definition }: NewItem): readonly string[] {
  const list = [definition["to"], definition["cc"], definition["bcc"]]
    .flatMap((each: unknown): readonly unknown[] => (Array.isArray(each) ? each : [each]))
    .filter((each): each is string => typeof each === "string" && each !== "");
  return list.length === 0 ? [""] : [...new Set(list)];
}

/** A strict notifier has no clock: what it says happened now. */
function dated(message: Message, now: number): Message {
  if (message.kind !== "alert" || message.alert.at !== 0) return message;
  return { kind: "alert", alert: { ...message.alert, at: now } };
}

function ttlOf({ definition, message }: NewItem): number {
  if (definition.type === "sms") return SMS_TTL_MS;
  return message.kind === "alert" && message.alert.to === "Success" ? SUCCESS_TTL_MS : DEFAULT_TTL_MS;
}

function redactDeep(value: unknown, redact: (text: string) => string): unknown {
  if (typeof value === "string") return redact(value);
  if (Array.isArray(value)) return value.map((each) => redactDeep(each, redact));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, redactDeep(each, redact)]));
}
