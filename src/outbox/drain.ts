import { attemptDelivery, type Sending } from "./attempt.ts";
import type { Delivery } from "./channel.ts";
import { afterAttempt, usableAt, type ChannelState } from "./circuit.ts";
import { digestOf, toldBy } from "./digest.ts";
import { isTooLate, suppression, type OutboxItem } from "./item.ts";
import type { Settled } from "./outcome.ts";
import type { Spool } from "./spool.ts";
import { sleep } from "./sleep.ts";
import { swallowing } from "./swallow.ts";
import { goInOrder, turnsOf } from "./turn.ts";

export interface DrainOptions {
  readonly spool: Spool;
  readonly sending: Sending;
  readonly memory: Map<string, Readonly<Record<string, string>>>;
  /** Items that this process made, or was asked for by a person. */
  readonly ours: ReadonlySet<string>;
  /** Told when an item leaves `new`. */
  readonly onSettled: (item: OutboxItem, shelf: "held" | "sent" | "dead") => void;
  /** Told of each that has waited for so long that its fallback is to tell it; again and again as long as it waits. */
  readonly onOverdue: (item: OutboxItem) => void;
  /** These, and what is in the outbox to tell in their place. */
  readonly withFallbacks: (ids: readonly string[]) => readonly string[];
}

/** Which of a channel's waiting items are to be sent. */
export interface Choice {
  /** Only these, and what must go before them; all where `undefined`. */
  readonly ids: ReadonlySet<string> | undefined;
  /** A person waits: an open circuit does not stop them. */
  readonly urgent: boolean;
  /** Those that this process has found to be another's to send; a pass adds to them. */
  readonly left: Set<string>;
}

/**
 * One pass over a channel's waiting items, oldest first, one at a time. The
 * caller holds the channel's lock.
 *
 * An item that waits holds back later ones of the same recipient and flow, so
 * that "recovered" does not overtake its "failed"; what a task asks for is its
 * own matter and waits for nobody. Many that are late become one digest, and what
 * the run's own message tells is not told twice.
 */
export async function drainChannel(
  channelId: string,
  { ids, urgent, left }: Choice,
  signal: AbortSignal,
  options: DrainOptions,
): Promise<void> {
  const { spool, sending, memory } = options;
  const { clock } = sending;
  const blocked = new Set<string>();
  let waiting = waitingAt(spool, channelId);
  if (!urgent && (await gatherLate(waiting, options))) waiting = waitingAt(spool, channelId);
  const turns = turnsOf(waiting);
  const queue = [...chosen(waiting, ids)];
  for (let item = queue.shift(); item !== undefined; item = queue.shift()) {
    if (signal.aborted) return;
    if (turns.blockedBy(item).some((key) => blocked.has(key))) continue;
    const teller = urgent ? undefined : swallowing(item, waiting, clock.now());
    if (teller !== undefined) {
      const reason = suppression(item.id, `told in the run's own message ${teller.id}`);
      spool.move("new", "dead", { ...item, reason });
      continue;
    }
    const blocks = turns.blocks(item);
    const before = spool.channelState(channelId);
    const waits = turns.timeOf(item, before, urgent, clock.now()) > clock.now();
    if (waits && !isTooLate(item, clock.now())) {
      if (blocks !== undefined) blocked.add(blocks);
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
    if (settled === undefined) {
      left.add(item.id);
      continue;
    }
    if (settled.delivery !== undefined) {
      spool.saveChannelState(channelId, afterAttempt(before, reachOf(settled.delivery), clock.now()));
    }
    if (settled.shelf === "new") {
      spool.update("new", settled.item);
      if (blocks !== undefined) blocked.add(blocks);
      continue;
    }
    if (item.digestOf !== undefined && !settleMembers(settled, options)) {
      const members = new Set(item.digestOf);
      queue.unshift(...waiting.filter(({ id }) => members.has(id)));
      continue;
    }
    // First what follows from it: a death in between repeats this, and a fallback that waits already is not put there twice.
    options.onSettled(settled.item, settled.shelf);
    spool.move("new", settled.shelf, settled.item);
    memory.delete(item.id);
  }
}

/**
 * When the next of a channel's waiting items can be tried; `undefined` where none is left. What waits behind another
 * has no time.
 */
export function nextTime(
  waiting: readonly OutboxItem[],
  state: ChannelState,
  { ids, urgent, left }: Choice,
  now: number,
): number | undefined {
  const blocked = new Set<string>();
  const turns = turnsOf(waiting);
  const times = chosen(waiting, ids).flatMap((item) => {
    if (left.has(item.id) || turns.blockedBy(item).some((key) => blocked.has(key))) return [];
    // What is too old is given up at once.
    const at = isTooLate(item, now) ? now : turns.timeOf(item, state, urgent, now);
    const blocks = turns.blocks(item);
    if (at > now && blocks !== undefined) blocked.add(blocks);
    return [at];
  });
  return times.length === 0 ? undefined : Math.min(...times);
}

/** What is sent: those asked for and what must go before them, with a digest in the place of what it tells of. */
function chosen(waiting: readonly OutboxItem[], ids: ReadonlySet<string> | undefined): readonly OutboxItem[] {
  const digests = new Map(waiting.flatMap((item) => (item.digestOf ?? []).map((id) => [id, item] as const)));
  if (ids === undefined) return waiting.filter((item) => !digests.has(item.id));
  const asked = waiting.filter(
    (item, at) =>
      ids.has(item.id) || waiting.some((later, index) => index > at && ids.has(later.id) && goInOrder(item, later)),
  );
  return [...new Set(asked.map((item) => digests.get(item.id) ?? item))];
}

function waitingAt(spool: Spool, channelId: string): readonly OutboxItem[] {
  return spool.list("new").filter((item) => item.channelId === channelId);
}

/**
 * Where many messages of one recipient are late, puts the digest in the spool that tells them.
 * @returns whether there is a new one
 */
async function gatherLate(waiting: readonly OutboxItem[], { spool, sending }: DrainOptions): Promise<boolean> {
  const now = sending.clock.now();
  const told = new Set(waiting.flatMap((item) => item.digestOf ?? []));
  const free = waiting.filter((item) => !told.has(item.id));
  const [first] = free;
  if (first === undefined || sending.digest === undefined) return false;
  if (usableAt(spool.channelState(first.channelId), false, now) > now) return false;
  let isNew = false;
  for (const recipient of new Set(free.map((item) => item.recipient))) {
    const digest = digestOf(free, recipient, now, sending.digest);
    if (digest === undefined) continue;
    const channel = await sending.channel(first.definition.type).catch(() => undefined);
    if (channel?.isForPeople === true) isNew = spool.add(digest) || isNew;
  }
  return isNew;
}

/**
 * What becomes of the items of a digest: sent with it, or in doubt with it. Where it was refused it is
 * taken out, and they go one by one.
 *
 * @returns false where the digest is gone
 */
function settleMembers({ shelf, item }: Settled, { spool, sending }: DrainOptions): boolean {
  const isInDoubt = shelf === "held" && item.reason?.code === "in-doubt";
  if (shelf !== "sent" && !isInDoubt) {
    spool.remove("new", item.id);
    return false;
  }
  // A death from here on leaves it delivered: the next drainer goes on with its members, and does not send it again.
  spool.update("new", item);
  for (const id of item.digestOf ?? []) {
    const member = spool.find(id);
    if (member?.shelf !== "new") continue;
    if (isInDoubt) spool.move("new", "held", { ...member.item, reason: item.reason });
    else spool.move("new", "sent", toldBy(member.item, item, sending.clock.now()));
  }
  return true;
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
