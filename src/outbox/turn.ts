import { usableAt, type ChannelState } from "./circuit.ts";
import type { OutboxItem } from "./item.ts";
import { baseDelay, dueAt } from "./schedule.ts";

/** When a channel's waiting items have their turn: those of one recipient and flow go in order, one behind the other. */
export interface Turns {
  /** What has to be sent before an item: the keys under which an earlier one blocks it. */
  blockedBy(item: OutboxItem): readonly string[];
  /** The key under which an item that waits blocks later ones; `undefined` where nothing waits for it. */
  blocks(item: OutboxItem): string | undefined;
  /** When an item can be tried, in epoch milliseconds. */
  timeOf(item: OutboxItem, state: ChannelState, urgent: boolean, now: number): number;
}

/**
 * What a task asks for is its own matter and waits for nobody. A digest holds back all later items of its recipient.
 *
 * An item that has failed for long is tried hours apart. What comes behind it is news, and does not wait for
 * hours: it starts the schedule anew for the one before it. How often the service is called is for its circuit to say.
 */
export function turnsOf(waiting: readonly OutboxItem[]): Turns {
  const newest = new Map<string, number>();
  const told = new Set(waiting.flatMap(({ digestOf }) => digestOf ?? []));
  for (const item of waiting)
    for (const key of item.digestOf === undefined && !told.has(item.id) ? blockedBy(item) : [])
      newest.set(key, Math.max(newest.get(key) ?? 0, item.created));
  const dueOf = (item: OutboxItem, now: number): number => {
    const key = blocks(item);
    const news = key === undefined ? undefined : newest.get(key);
    if (news === undefined || news <= item.created) return dueAt(item, now);
    const last = item.attempts.at(-1)?.at ?? item.created;
    const since = item.attempts.filter(({ at }) => at >= news).length;
    return Math.min(dueAt(item, now), Math.max(last, news) + baseDelay(since));
  };
  return {
    blockedBy,
    blocks,
    timeOf: (item, state, urgent, now) =>
      Math.max(dueOf(item, now), usableAt(state, urgent || item.origin === "task", now)),
  };
}

/** Whether the later of these is not sent before the earlier one. */
export function goInOrder(earlier: OutboxItem, later: OutboxItem): boolean {
  return earlier.origin !== "task" && later.origin !== "task" && pairOf(earlier) === pairOf(later);
}

function blockedBy(item: OutboxItem): readonly string[] {
  return item.origin === "task" ? [] : [pairOf(item), item.recipient];
}

function blocks(item: OutboxItem): string | undefined {
  if (item.digestOf !== undefined) return item.recipient;
  return item.origin === "task" ? undefined : pairOf(item);
}

function pairOf({ recipient, flow }: OutboxItem): string {
  return JSON.stringify([recipient, flow]);
}
