import type { Delivery } from "./channel.ts";
import { failedAttempts, type Attempt, type OutboxItem, type Shelf } from "./item.ts";
import { retryDelay, type Chance } from "./schedule.ts";

/** Where an item goes after an attempt, and what is written into it. */
export interface Settled {
  readonly shelf: Shelf;
  readonly item: OutboxItem;
}

/**
 * What becomes of an item after one attempt: delivered → `sent`; transient and
 * ambiguous → waits by the schedule; permanent → `held`, where it stays until a
 * person changes something. Nothing is ever thrown away here.
 */
export function settle(item: OutboxItem, delivery: Delivery, now: number, chance: Chance): Settled {
  const after = { ...item, attempts: [...withoutStarted(item.attempts), attemptOf(delivery, now)] };
  switch (delivery.outcome) {
    case "delivered":
      return { shelf: "sent", item: after };
    case "permanent":
      return { shelf: "held", item: { ...after, reason: reasonOf(delivery) } };
    case "transient":
    case "ambiguous": {
      const asked = delivery.outcome === "transient" ? delivery.retryAfterMs : undefined;
      const due = now + retryDelay(failedAttempts(after), chance, asked);
      // One last attempt as the time runs out, rather than none.
      return { shelf: "new", item: { ...after, due: Math.min(due, Math.max(item.expires, now)) } };
    }
  }
}

/** The item with a note that an attempt begins, written before the network is touched. */
export function startAttempt(item: OutboxItem, now: number): OutboxItem {
  return { ...item, attempts: [...closed(item.attempts), { at: now, outcome: "started" }] };
}

/** Given up: it is too late to send it. */
export function expire(item: OutboxItem): Settled {
  const last = item.attempts.at(-1);
  const why = last !== undefined && "note" in last ? `; the last attempt said: ${last.note}` : "";
  return { shelf: "dead", item: { ...item, reason: { code: "expired", note: `not delivered in time${why}` } } };
}

/** Waits for a person. */
export function hold(item: OutboxItem, code: string, note: string, help?: string): Settled {
  const reason = { code, note, ...(help === undefined ? {} : { help }) };
  return { shelf: "held", item: { ...item, attempts: closed(item.attempts), reason } };
}

function attemptOf(delivery: Delivery, at: number): Attempt {
  if (delivery.outcome === "delivered") {
    return { at, outcome: "delivered", ...(delivery.note === undefined ? {} : { note: delivery.note }) };
  }
  return { at, outcome: delivery.outcome, code: delivery.code, note: delivery.note };
}

function reasonOf(delivery: Extract<Delivery, { outcome: "permanent" }>): NonNullable<OutboxItem["reason"]> {
  return { code: delivery.code, note: delivery.note, ...(delivery.help === undefined ? {} : { help: delivery.help }) };
}

function withoutStarted(attempts: readonly Attempt[]): readonly Attempt[] {
  return attempts.at(-1)?.outcome === "started" ? attempts.slice(0, -1) : attempts;
}

/** An attempt that a dead process left open becomes what it is: ambiguous. */
function closed(attempts: readonly Attempt[]): readonly Attempt[] {
  const last = attempts.at(-1);
  if (last?.outcome !== "started") return attempts;
  const note = "the process ended while it was sending";
  return [...attempts.slice(0, -1), { at: last.at, outcome: "ambiguous", code: "interrupted", note }];
}
