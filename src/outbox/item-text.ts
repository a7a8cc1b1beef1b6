import { hasTexts, isTexts } from "../model/has-texts.ts";
import { isPlainObject } from "../model/plain-object.ts";
import type { Attempt, OutboxItem } from "./item.ts";

/** An item as the text of its file: JSON with times as ISO-8601 UTC. */
export function itemToText(item: OutboxItem): string {
  const { created, due, expires, attempts, ...rest } = item;
  const times = { created: iso(created), due: iso(due), expires: iso(expires) };
  return `${JSON.stringify({ v: 1, ...rest, ...times, attempts: attempts.map((each) => ({ ...each, at: iso(each.at) })) })}\n`;
}

/** @returns `undefined` where the text is no whole item of this version */
export function itemFromText(text: string): OutboxItem | undefined {
  try {
    const { v, ...raw } = JSON.parse(text) as Record<string, unknown> & { attempts: (Attempt & { at: unknown })[] };
    if (v !== 1 || !isItem(raw)) return undefined;
    const item = {
      ...raw,
      created: time(raw["created"]),
      due: time(raw["due"]),
      expires: time(raw["expires"]),
      attempts: raw.attempts.map((each) => ({ ...each, at: time(each.at) })),
    };
    return item as unknown as OutboxItem;
  } catch {
    // Torn or foreign: the spool puts it aside.
    return undefined;
  }
}

/** Whether a later flowctl has written it, in a way of its own: it is nobody's here, and it is whole. */
export function isOfLaterVersion(text: string): boolean {
  try {
    const { v } = JSON.parse(text) as { readonly v?: unknown };
    return typeof v === "number" && v > 1;
  } catch {
    return false;
  }
}

function iso(at: number): string {
  return new Date(at).toISOString();
}

function time(value: unknown): number {
  const at = typeof value === "string" ? Date.parse(value) : Number.NaN;
  if (Number.isNaN(at)) throw new RangeError("not a time");
  return at;
}

const NEWS = ["runId", "flow", "event", "key", "origin"];
const ITEM = ["id", "channelId", "recipient"];
const ALERT = ["subject", "flow", "runId", "from", "to"];

/** Whether it has the shape of an item: one that has not would keep all others from being sent. */
function isItem(raw: Readonly<Record<string, unknown>>): boolean {
  const { needs, digestOf, reason, attempts } = raw;
  return (
    isNews(raw) &&
    hasTexts(raw, ITEM) &&
    isTexts(needs) &&
    (digestOf === undefined || isTexts(digestOf)) &&
    (reason === undefined || hasTexts(reason, ["code", "note"])) &&
    Array.isArray(attempts) &&
    attempts.every((each) => hasTexts(each, ["outcome"]))
  );
}

function isNews(raw: unknown): boolean {
  if (!isPlainObject(raw)) return false;
  const { names, definition, message, source, fallback } = raw;
  return (
    hasTexts(raw, NEWS) &&
    isTexts(names) &&
    hasTexts(definition, ["type"]) &&
    isMessage(message) &&
    (source === undefined || isPlainObject(source)) &&
    (fallback === undefined || isNews(fallback))
  );
}

function isMessage(message: unknown): boolean {
  if (!isPlainObject(message)) return false;
  const { kind, text, payload, alert } = message;
  if (kind === "text") return typeof text === "string";
  if (kind === "payload") return isPlainObject(payload);
  if (kind !== "alert" || !isPlainObject(alert)) return false;
  const { failures = [], at } = alert;
  if (!hasTexts(alert, ALERT) || typeof at !== "number" || !Array.isArray(failures)) return false;
  return failures.every((each) => hasTexts(each, ["task", "type"]));
}
