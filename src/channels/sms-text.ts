import type { DeliveryRequest } from "../outbox/channel.ts";
import { contentOf } from "./content.ts";
import { cut, oneLine, plain } from "./cut.ts";
import { payloadText } from "./render-text.ts";

/** Counts the parts a text is sent and paid in. */
export type CountSegments = (text: string) => number;

/** Characters that force a message into 16-bit coding, which halves its length, and what stands for them. */
const CHEAPER: readonly (readonly [RegExp, string])[] = [
  [/[\u2018\u2019\u201a\u201b\u2032\u00b4]/g, "'"],
  [/[\u201c\u201d\u201e\u201f\u2033\u00ab\u00bb]/g, '"'],
  [/[\u2010-\u2015\u2212]/g, "-"],
  [/\u2026/g, "..."],
  [/[\u00a0\u2000-\u200a\u202f\u205f\u3000]/g, " "],
  [/[\u2192\u21d2]/g, "->"],
  [/[\u2190\u21d0]/g, "<-"],
  [/[\u2022\u00b7]/g, "-"],
  [/\u00d7/g, "x"],
  [/[\u200b-\u200d\u2060\ufe0f\ufeff]/g, ""],
];

/** Letters of the GSM alphabet that have marks; other marked letters lose theirs. */
const GSM_MARKED = /[ÄÖÜäöüÅåÆæØøßÉéèùìòÇÑñà]/;

/**
 * Makes a text as cheap as it can be without losing what it says: typographic
 * marks become plain ones, letters with marks outside the GSM alphabet lose them.
 */
function cheaper(text: string): string {
  const replaced = CHEAPER.reduce((rest, [pattern, by]) => rest.replace(pattern, by), plain(text).normalize("NFC"));
  return replaced.replace(/[\u00c0-\u024f]/g, (letter) =>
    GSM_MARKED.test(letter) ? letter : letter.normalize("NFD").replace(/\p{M}/gu, ""),
  );
}

/**
 * What one SMS says: the text, or an alert in one line that ends with the
 * command to type and the item's short id; cut to a number of segments.
 */
export function smsText(delivery: DeliveryRequest, segments: number, count: CountSegments): string {
  const { message } = delivery;
  if (message.kind !== "alert") {
    const text = message.kind === "text" ? message.text : payloadText(message.payload);
    return cutToSegments(cheaper(text), "", segments, count);
  }
  const { headline, next } = contentOf(message.alert, delivery);
  // Brackets cost two characters each, and an emoji would make every other character cost two.
  const cheap = (text: string): string =>
    cheaper(oneLine(text))
      .replace(/[[{]/g, "(")
      .replace(/[\]}]/g, ")")
      .replace(/\p{Extended_Pictographic}/gu, "");
  const command = next[0] === undefined ? "" : ` ${cheap(next[0])}`;
  return cutToSegments(cheap(headline), `${command} ${shortId(delivery.id)}`, segments, count);
}

/** The part of an item's id that fits into an SMS and by which it is found again. */
function shortId(id: string): string {
  return id.slice(0, 8);
}

/** The longest start of a text that, with an end that stays, takes no more segments than allowed. */
function cutToSegments(text: string, end: string, segments: number, count: CountSegments): string {
  const fits = (start: string): boolean => count(start + end) <= segments;
  // A segment holds at most 160 characters: more need not be counted.
  const most = text.length > segments * 160 ? cutPlainly(text, segments * 160) : text;
  if (fits(most)) return most + end;
  let low = 0;
  let high = most.length;
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if (fits(cutPlainly(most, middle))) low = middle;
    else high = middle - 1;
  }
  return cutPlainly(most, low) + end;
}

/** The mark of a cut is three dots here: the ellipsis is not in the GSM alphabet. */
function cutPlainly(text: string, limit: number): string {
  return text.length <= limit ? text : `${cut(text, Math.max(limit - 2, 0)).replace(/…$/, "")}...`;
}
