import { exactJson } from "../model/exact-json.ts";
import type { Alert, ChannelDefinition, FilledTemplates, TemplateValues } from "../model/notification.ts";
import { isPlainObject } from "../model/plain-object.ts";
import { markValue, withoutMarks } from "../model/value-marks.ts";
import {
  checkTemplate,
  evaluate,
  fillText,
  shownValue,
  templateScope,
  type TemplatePlace,
  type TemplateScope,
} from "./hook-message.ts";
import { isWhole, parseTemplate } from "./template.ts";

/** The templates of a channel: the subject of mail, the body of a webhook. */
const TEMPLATES: Readonly<Record<string, "subject" | "body">> = { email: "subject", webhook: "body" };

/** Returns the key of the template that a channel has, if it has one. */
export function templateKey(definition: ChannelDefinition): "subject" | "body" | undefined {
  const key = Object.hasOwn(TEMPLATES, definition.type) ? TEMPLATES[definition.type] : undefined;
  return key === undefined || definition[key] === undefined ? undefined : key;
}

/** Reports the errors of a channel's template. @param place.path that of the template */
export function checkChannelTemplate(definition: ChannelDefinition, place: TemplatePlace): void {
  const key = templateKey(definition);
  if (key === undefined) return;
  const template = definition[key];
  checkTemplate(template, { ...place, more: ["message"] });
  if (key !== "body" || typeof template !== "string" || isJsonText(template)) return;
  if (template.trimStart().startsWith("{") && !template.trimStart().startsWith("{{"))
    place.report.value(place.path, {
      code: "BODY_JSON",
      message: "this body begins as JSON and is not JSON",
      help: "write it as a map: body: { text: … }",
    });
}

/** What a message is about, for the templates of its channel. */
export interface MessageFacts {
  readonly alert: Alert;
  /** The text that people read: `message` in a template. */
  readonly text: string;
  readonly values?: TemplateValues;
}

/** Returns a channel's templates with their values, if it has any. */
export function fillChannel(definition: ChannelDefinition, facts: MessageFacts): FilledTemplates | undefined {
  const key = templateKey(definition);
  if (key === undefined) return undefined;
  const { alert, text, values } = facts;
  const zone = alert.timezone ?? "UTC";
  const scope: TemplateScope = { ...templateScope(alert, values), message: withoutMarks(text) };
  if (key === "body") return { body: bodyOf(definition, scope, zone) };
  const template = definition[key];
  if (typeof template !== "string") return undefined;
  return { subject: fillText(template, scope, { zone, shown: (value) => markValue(shownValue(value, zone)) }) };
}

type Body = NonNullable<FilledTemplates["body"]>;

function bodyOf(definition: ChannelDefinition, scope: TemplateScope, zone: string): Body {
  const template = definition["body"];
  const type = contentType(definition);
  const json = (value: unknown): Body => ({ text: exactJson(value ?? null), isJson: true });
  if (typeof template !== "string") return json(filledData(template, scope, zone));
  const parsed = parseTemplate(template);
  const [only] = parsed.holes;
  if (only !== undefined && isWhole(parsed)) {
    const found = evaluate(only.code, scope, zone);
    const value = found === undefined ? template : found.value;
    if (typeof value === "object" || typeof value === "number" || typeof value === "boolean" || isJsonType(type))
      return json(value);
  }
  if (isJsonText(template)) return { text: filledJson(template, scope, zone), isJson: true };
  const escape = escapeFor(type);
  return {
    text: fillText(template, scope, { zone, shown: (value) => escape(shownValue(value, zone)) }),
    isJson: false,
  };
}

/** Data with the values of its expressions. A text that is one expression keeps the type of its value. */
function filledData(data: unknown, scope: TemplateScope, zone: string): unknown {
  if (typeof data === "string") {
    const parsed = parseTemplate(data);
    const [only] = parsed.holes;
    if (only === undefined || !isWhole(parsed))
      return fillText(data, scope, { zone, shown: (value) => shownValue(value, zone) });
    const found = evaluate(only.code, scope, zone);
    const value = found === undefined ? data : found.value;
    return value instanceof Error ? value.message : (value ?? null);
  }
  if (Array.isArray(data)) return data.map((each) => filledData(each, scope, zone));
  if (!isPlainObject(data)) return data;
  return Object.fromEntries(Object.entries(data).map(([key, each]) => [key, filledData(each, scope, zone)]));
}

/** Whether a text is JSON once its expressions have values: in quotes any text, elsewhere any value. */
function isJsonText(template: string): boolean {
  if (!/^\s*[[{]/.test(template)) return false;
  try {
    JSON.parse(jsonWith(template, (isQuoted) => (isQuoted ? "" : "null")));
    return true;
  } catch {
    return false;
  }
}

function filledJson(template: string, scope: TemplateScope, zone: string): string {
  return jsonWith(template, (isQuoted, code, written) => {
    const found = evaluate(code, scope, zone);
    const value = found === undefined ? written : (found.value ?? null);
    return isQuoted ? JSON.stringify(shownValue(value, zone)).slice(1, -1) : exactJson(value);
  });
}

/** JSON text with something in the place of each expression. */
function jsonWith(template: string, replace: (isQuoted: boolean, code: string, written: string) => string): string {
  let text = "";
  let author = "";
  let from = 0;
  for (const { code, start, end } of parseTemplate(template).holes) {
    const before = template.slice(from, start).replaceAll("$${{", "${{");
    author += before;
    text += before + replace(isInString(author), code, template.slice(start, end));
    from = end;
  }
  return text + template.slice(from).replaceAll("$${{", "${{");
}

/** Whether the end of this JSON text is inside of a string. */
function isInString(text: string): boolean {
  return text.replace(/\\./gs, "").split('"').length % 2 === 0;
}

/** The media type that the person gives, in lower case. */
function contentType({ headers }: ChannelDefinition): string {
  if (!isPlainObject(headers)) return "";
  const found = Object.entries(headers).find(([name]) => name.toLowerCase() === "content-type")?.[1];
  return typeof found === "string" ? found.toLowerCase() : "";
}

function isJsonType(type: string): boolean {
  return /^application\/(?:[\w.-]+\+)?json\b/.test(type);
}

/** Returns what makes a value safe in a text of this media type. */
function escapeFor(type: string): (text: string) => string {
  if (type.startsWith("application/x-www-form-urlencoded"))
    return (text) => encodeURIComponent(text.replace(/\p{Surrogate}/gu, "\uFFFD"));
  if (/[/+](?:xml|html)\b/.test(type)) return (text) => text.replace(/[&<>"']/g, (each) => `&#${each.charCodeAt(0)};`);
  return (text) => text;
}
