import { escapeValues, withoutMarks, type EscapeValue } from "../model/value-marks.ts";

/** An object of a service's payload. */
type Owner = Readonly<Record<string, unknown>>;
/** What the text under a key of an object is read as; `undefined` where the service shows it as it is. */
export type MarkupAt = (key: string, owner: Owner) => EscapeValue | undefined;

/** Escapes what Slack reads as markup for links and mentions; there is no escape for `*`, `_`, `~` and backticks. */
export function escapeSlack(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}

/** Keeps a text from being markup, in the one way that Discord knows. */
export function escapeDiscord(text: string): string {
  return text.replace(/[\\*_~`|>#[\]()<@:-]/g, "\\$&");
}

/** Escapes what HTML reads as markup, also inside attributes. */
export function escapeHtml(text: string): string {
  const entities: Readonly<Record<string, string>> = {
    "&": "&amp;",
    "<": "&lt;",
    ">": "&gt;",
    '"': "&quot;",
    "'": "&#39;",
  };
  return text.replace(/[&<>"']/g, (each) => entities[each] ?? each);
}

/** Percent-encodes what would end a URL, or be markup around it. */
function inUrl(value: string): string {
  const bytes = (character: string): string =>
    [...Buffer.from(character)].map((byte) => `%${byte.toString(16).padStart(2, "0").toUpperCase()}`).join("");
  return value.replace(/[^\w.~/?#&=%+:@,;-]/gu, bytes);
}

/** A backtick would end the code: a letter that looks the same stands in its place. */
function inCode(value: string): string {
  return value.replaceAll("`", "\u02cb");
}

/** Values in Slack's own markup. */
export const slackValue: EscapeValue = (value, place) =>
  escapeSlack(place === "url" ? inUrl(value) : place === "code" ? inCode(value) : value);

/** Values in Discord's Markdown. A backslash does not stop a mention of everybody: an invisible space does. */
export const discordValue: EscapeValue = (value, place) => {
  if (place === "url") return inUrl(value);
  const text = place === "code" ? inCode(value) : escapeDiscord(value);
  return text.replace(/@(?=everyone|here)/gi, "@\u200b");
};

/** Values in CommonMark. */
export const markdownValue: EscapeValue = (value, place) => {
  if (place === "url") return inUrl(value);
  return place === "code" ? inCode(value) : value.replace(/[\\*_~`|>#[\](){}<@:!&+-]/g, "\\$&");
};

/** Values in HTML. */
export const htmlValue: EscapeValue = (value, place) => escapeHtml(place === "url" ? inUrl(value) : value);

/** A payload to send: the author's texts as they are, values escaped for what each text is read as. */
export function escapePayload(payload: Owner, markupAt: MarkupAt): Owner {
  return Object.fromEntries(Object.entries(payload).map(([key, each]) => [key, escapeIn(each, key, payload)]));

  function escapeIn(value: unknown, key: string, owner: Owner): unknown {
    if (typeof value === "string") {
      const escape = markupAt(key, owner);
      return escape === undefined ? withoutMarks(value) : escapeValues(value, escape);
    }
    if (Array.isArray(value)) return value.map((each: unknown) => escapeIn(each, key, owner));
    return typeof value === "object" && value !== null ? escapePayload(value as Owner, markupAt) : value;
  }
}

/** What an object of a payload says it is. */
export function typeIn(owner: Owner): string | undefined {
  const { type } = owner;
  return typeof type === "string" ? withoutMarks(type) : undefined;
}
