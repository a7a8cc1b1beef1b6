import { attemptDelivery, type Sending } from "./attempt.ts";
import type { Delivery } from "./channel.ts";
import { afterAttempt, usableAt } from "./circuit.ts";
import type { OutboxItem } from "./item.ts";
import { isDue } from "./schedule.ts";
import type { Spool } from "./spool.ts";
import { sleep } from "./sleep.ts";

export interface DrainOptions {
  readonly spool: Spool;
  readonly sending: Sending;
  readonly memory: Map<string, Readonly<Record<string, string>>>;
  /** Items that this process made, or was asked for by a person. */
  readonly ours: ReadonlySet<string>;
  /** Told when an item leaves `new`. */
  readonly onSettled: (item: OutboxItem, shelf: "held" | "sent" | "dead") => void;
}

/**
 * One pass over a channel's waiting items, oldest first, one at a time. The
 * caller holds the channel's lock.
 *
 * An item that waits holds back later ones of the same recipient and flow, so
 * that "recovered" does not overtake its "failed"; what a task asks for is its
 * own matter and waits for nobody.
 *
 * @param ids only these, and what must go before them; all where `undefined`
 * @param urgent a person waits: an open circuit does not stop them
 */
export async function drainChannel(
  channelId: string,
  ids: ReadonlySet<string> | undefined,
  urgent: boolean,
  signal: AbortSignal,
  options: DrainOptions,
): Promise<void> {
  const { spool, sending, memory } = options;
  const { clock } = sending;
  const blocked = new Set<string>();
  for (const item of chosen(spool, channelId, ids)) {
    const pair = pairOf(item);
    if (signal.aborted) return;
    if (pair !== undefined && blocked.has(pair)) continue;
    const before = spool.channelState(channelId);
    const waits = !isDue(item, clock.now()) || usableAt(before, urgent || item.origin === "task") > clock.now();
    if (waits && clock.now() <= item.expires) {
      if (pair !== undefined) blocked.add(pair);
      continue;
    }
    await keepPace(item, before.lastSent, options, signal);
    const settled = await attemptDelivery(item, {
      sending,
      isOurs: options.ours.has(item.id),
      memory: memory.get(item.id),
      signal,
      write: (started) => {
        spool.update("new", started);
      },
    });
    if (settled === undefined) continue;
    if (settled.delivery !== undefined) {
      spool.saveChannelState(channelId, afterAttempt(before, reachOf(settled.delivery), clock.now()));
    }
    if (settled.shelf === "new") {
      spool.update("new", settled.item);
      if (pair !== undefined) blocked.add(pair);
      continue;
    }
    spool.move("new", settled.shelf, settled.item);
    memory.delete(item.id);
    options.onSettled(settled.item, settled.shelf);
  }
}

/** When the next of these items can be tried; `undefined` where none is left. */
export function nextTime(
  spool: Spool,
  channelId: string,
  ids: ReadonlySet<string> | undefined,
  urgent: boolean,
): number | undefined {
  const state = spool.channelState(channelId);
  const times = chosen(spool, channelId, ids).map((item) =>
    Math.max(item.due, usableAt(state, urgent || item.origin === "task")),
  );
  return times.length === 0 ? undefined : Math.min(...times);
}

function chosen(spool: Spool, channelId: string, ids: ReadonlySet<string> | undefined): readonly OutboxItem[] {
  const all = spool.list("new").filter((item) => item.channelId === channelId);
  if (ids === undefined) return all;
  return all.filter(
    (item, at) =>
      ids.has(item.id) ||
      (pairOf(item) !== undefined &&
        all.some((later, index) => index > at && ids.has(later.id) && pairOf(later) === pairOf(item))),
  );
}

function pairOf(item: OutboxItem): string | undefined {
  return item.origin === "task" ? undefined : JSON.stringify([item.recipient, item.flow]);
}

/** A permanent refusal is an answer: the service is there. */
function reachOf(delivery: Delivery): Parameters<typeof afterAttempt>[1] {
  if (delivery.outcome === "delivered" || delivery.outcome === "permanent") return { outcome: "delivered" };
  const asked = delivery.outcome === "transient" ? delivery.retryAfterMs : undefined;
  return { outcome: "failed", code: delivery.code, ...(asked === undefined ? {} : { retryAfterMs: asked }) };
}

async function keepPace(item: OutboxItem, lastSent: number, options: DrainOptions, signal: AbortSignal): Promise<void> {
  const channel = await options.sending.channel(item.definition.type).catch(() => undefined);
  const wait = lastSent + (channel?.gapMs ?? 0) - options.sending.clock.now();
  if (wait > 0 && channel?.gapMs !== undefined)
    await sleep(Math.min(wait, channel.gapMs), options.sending.clock, signal);
}
