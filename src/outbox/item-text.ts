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
    if (v !== 1 || typeof raw["id"] !== "string" || typeof raw["channelId"] !== "string") return undefined;
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
