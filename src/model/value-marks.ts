import { mapTexts } from "./map-texts.ts";
import type { Alert, Message } from "./notification.ts";
import { isPlainObject } from "./plain-object.ts";

/**
 * Marks around a value in a message's text: what an expression gave, in contrast to what the author wrote. They are
 * noncharacters, which Unicode keeps free for use inside a program. Stored messages hold them; nothing sent does.
 */
const START = "\ufdd0";
const END = "\ufdd1";
const MARKS = /[\ufdd0\ufdd1]/g;
/** Text of the author, then a value. A cut may have taken the mark at a value's end. */
const STRETCHES = /([^\ufdd0]*)(?:\ufdd0([^\ufdd1]*)\ufdd1?)?/g;

/** Where a value stands in the author's text: in a URL, in code between backticks, or in plain text. */
type ValuePlace = "text" | "url" | "code";

/** Makes a value safe for one kind of markup. */
export type EscapeValue = (value: string, place: ValuePlace) => string;

/** The text as a value. */
export function markValue(text: string): string {
  return text === "" ? "" : `${START}${withoutMarks(text)}${END}`;
}

/** Every text in a value of plain data as a value. Errors, dates and other instances stay as they are. */
export function markValues(value: unknown): unknown {
  if (typeof value === "string") return markValue(value);
  if (Array.isArray(value)) return value.map(markValues);
  if (!isPlainObject(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, markValues(each)]));
}

/** Whether there is a value in the text. */
export function hasMarks(text: string): boolean {
  return text.includes(START) || text.includes(END);
}

/** The text as people read it. */
export function withoutMarks(text: string): string {
  return hasMarks(text) ? text.replace(MARKS, "") : text;
}

/** A message for a service that has no markup: no marks, and no field that speaks of them. */
export function messageWithoutMarks(message: Message): Message {
  if (message.kind !== "alert") return mapTexts(message, withoutMarks);
  const { alert, ...rest } = mapTexts(message, withoutMarks);
  return {
    ...rest,
    alert: Object.fromEntries(Object.entries(alert).filter(([key]) => key !== "textHasMarkup")) as unknown as Alert,
  };
}

/** The text to send: the author's as it is, values escaped. */
export function escapeValues(text: string, escape: EscapeValue): string {
  if (!hasMarks(text)) return text;
  let author = "";
  return text.replace(STRETCHES, (_, written: string, value: string | undefined) => {
    author += written;
    if (value === undefined) return withoutMarks(written);
    const escaped = escape(value, placeAfter(author, value));
    // A value is one more character of the URL it stands in.
    author += "x";
    return withoutMarks(written) + escaped;
  });
}

/**
 * The text with its secrets masked. Where a secret is only found in author's text and values together, all of the
 * text counts as a value.
 */
export function maskMarked(text: string, mask: (text: string) => string): string {
  const masked = mask(text);
  if (!hasMarks(text)) return masked;
  const whole = mask(withoutMarks(text));
  return withoutMarks(masked) === whole ? masked : markValue(whole);
}

const OPEN_URL = /https?:\/\/[^\s<>"'|)\]]*$/;
const WHOLE_URL = /^https?:\/\/[\w.~/?#&=%+:@,;-]+$/;

function placeAfter(author: string, value: string): ValuePlace {
  if (author.split("`").length % 2 === 0) return "code";
  return OPEN_URL.test(author) || WHOLE_URL.test(value) ? "url" : "text";
}
