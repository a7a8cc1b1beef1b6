import { clean } from "../model/clean.ts";
import { graphemeBoundary } from "../model/grapheme.ts";
import { withoutMarks } from "../model/value-marks.ts";

const MARK = "…";

/** Cuts a text to a number of UTF-16 units, with a mark where something is missing; never inside a character. */
export function cut(text: string, limit: number): string {
  if (text.length <= limit) return text;
  return limit <= 0 ? "" : `${text.slice(0, graphemeBoundary(text, limit - 1))}${MARK}`;
}

/** Cuts a text to a number of bytes in UTF-8. */
export function cutBytes(text: string, limit: number): string {
  if (Buffer.byteLength(text) <= limit) return text;
  const room = limit - Buffer.byteLength(MARK);
  const bytes = Buffer.from(text.slice(0, Math.max(room, 0)));
  let end = Math.max(Math.min(room, bytes.length), 0);
  while (end > 0 && ((bytes[end] ?? 0) & 0xc0) === 0x80) end -= 1;
  const fits = bytes.subarray(0, end).toString("utf8").length;
  return `${text.slice(0, graphemeBoundary(text, fits))}${MARK}`;
}

/**
 * Cuts a text so that its escaped form fits a number of UTF-16 units, and
 * escapes it: an escape is never cut in half.
 */
export function cutEscaped(text: string, limit: number, escape: (text: string) => string): string {
  const all = text.length > limit ? undefined : escape(text);
  if (all !== undefined && all.length <= limit) return all;
  let room = limit;
  for (;;) {
    const escaped = escape(cut(text, room));
    if (escaped.length <= limit) return escaped;
    room -= Math.max(1, Math.floor((escaped.length - limit) / 6));
  }
}

/**
 * A text that any service can carry: no colour codes, no control characters but
 * line ends and tabs, no lone surrogates, no marks that turn the direction of
 * the text around them, and no marks of values.
 */
export function plain(text: string): string {
  return withoutMarks(plainMarked(text));
}

function plainMarked(text: string): string {
  return clean(text.replace(/\r\n?/g, "\n")).replace(/\p{Surrogate}/gu, "\uFFFD");
}

/** The same on one line. */
export function oneLine(text: string): string {
  return onOneLine(plain(text));
}

/** The same, with its marks of values. */
export function oneLineMarked(text: string): string {
  return onOneLine(plainMarked(text));
}

function onOneLine(text: string): string {
  return text.replace(/\s+/g, " ").trim();
}
