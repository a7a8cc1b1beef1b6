import type { Message } from "../model/notification.ts";
import { markValue, withoutMarks } from "../model/value-marks.ts";
import type { DeliveryRequest } from "../outbox/channel.ts";
import { contentOf, type Content } from "./content.ts";
import { cut, oneLine, plain } from "./cut.ts";
import { excerpt } from "./excerpt.ts";

/** A message as a title and plain text, within a number of UTF-16 units: the last rung of every ladder. */
export function renderText(
  delivery: DeliveryRequest,
  limit: number,
): { readonly title: string; readonly text: string } {
  const { message } = delivery;
  if (message.kind === "alert") {
    const content = contentOf(message.alert, delivery);
    return { title: content.title, text: contentText(content, limit) };
  }
  const text = plain(message.kind === "text" ? message.text : payloadText(message.payload));
  const subject = message.kind === "text" ? message.subject : undefined;
  return { title: cut(oneLine(subject ?? text), 150), text: cut(text, limit) };
}

/**
 * The plainest form of a message as markup: the author's text is raw, all the rest is marked as values.
 * @param limit of its text, in UTF-16 units without marks
 */
export function renderMarked(delivery: DeliveryRequest, limit: number): string {
  const { message } = delivery;
  if (message.kind === "payload") return payloadText(message.payload);
  if (message.kind === "text") return message.literal === true ? markValue(plain(message.text)) : message.text;
  const content = contentOf(message.alert, delivery);
  const { own } = content;
  const text = contentText(content, limit);
  const unmarked = own === undefined ? "" : withoutMarks(own);
  const at = unmarked === "" ? -1 : text.indexOf(unmarked);
  if (own === undefined || at === -1) return markValue(text);
  return markValue(text.slice(0, at)) + own + markValue(text.slice(at + unmarked.length));
}

/** An alert's content as lines; the error's excerpt gets what room the rest leaves, and goes first. */
export function contentText(content: Content, limit: number): string {
  const before = [content.title, ...content.what, ...content.facts.map(([label, value]) => `${label}: ${value}`)];
  const after = [
    ...content.links.map(({ label, url }) => `${label}: ${url}`),
    ...content.next.map((each) => `Next: ${each}`),
    content.small,
  ];
  const rest = [...before, ...after].join("\n");
  const room = limit - rest.length - 4;
  const shown = content.detail === null || room < 80 ? [] : ["", excerpt(content.detail, Math.min(room, 4000)), ""];
  const whole = [...before, ...shown, ...after].join("\n");
  return whole.length <= limit ? whole : cut(content.headline, limit);
}

/** The words in a payload made for a service: its `text`, else every text in it. */
export function payloadText(payload: Extract<Message, { kind: "payload" }>["payload"]): string {
  if (typeof payload["text"] === "string" && payload["text"].trim() !== "") return payload["text"];
  const found: string[] = [];
  collectTexts(payload, found, 0);
  return found.length > 0 ? found.join("\n") : JSON.stringify(payload);
}

function collectTexts(value: unknown, found: string[], depth: number): void {
  if (typeof value !== "object" || value === null || depth > 8 || found.length >= 50) return;
  for (const [key, each] of Object.entries(value)) {
    if (typeof each === "string" && ["text", "content", "title", "summary", "description"].includes(key)) {
      found.push(each);
    } else collectTexts(each, found, depth + 1);
  }
}
