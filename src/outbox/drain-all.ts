import { drainChannel, nextTime, type Choice, type DrainOptions } from "./drain.ts";
import type { HeldLock } from "./lock.ts";
import type { OutboxItem } from "./item.ts";
import { FALLBACK_MS } from "./schedule.ts";
import { sleep } from "./sleep.ts";

/** What one delivery sends, and until when. */
export interface Limits {
  /** Only these, and what tells in their place; all that waits where `undefined`. */
  readonly ids: readonly string[] | undefined;
  readonly urgent: boolean;
  /** Every channel in one pass, without waiting for what is not due. */
  readonly once: boolean;
  /** By the monotonic clock, in milliseconds. */
  readonly deadline: number;
  readonly signal: AbortSignal;
}

/** Takes a channel's lock, as soon as it is free; `undefined` where the signal came first. */
export type Acquire = (channelId: string, signal: AbortSignal) => Promise<HeldLock | undefined>;

/** How often what came meanwhile is looked for, in milliseconds. */
const LOOK_MS = 1000;
/** Between two passes over what is due. */
const PAUSE_MS = 25;

/**
 * Sends what is to be sent, all channels at the same time, until nothing of it is due before the deadline: also what
 * another process puts in the outbox meanwhile, and what tells in the place of that which was refused.
 */
export async function drainAll(limits: Limits, acquire: Acquire, options: DrainOptions): Promise<void> {
  const { spool, sending } = options;
  const { clock } = sending;
  const { ids, urgent, once, deadline, signal } = limits;
  const left = new Set<string>();
  const choose = (): Choice => ({
    ids: ids === undefined ? undefined : new Set(options.withFallbacks(ids)),
    urgent,
    left,
  });
  const nextOf = (channelId: string, waiting: readonly OutboxItem[], choice: Choice, now: number): number =>
    nextTime(waiting, spool.channelState(channelId), choice, now) ?? Infinity;
  /**
   * Milliseconds until a channel has something to send, or its fallback has; `undefined` where that is not in time.
   * @param all what waits, of all channels: to read it again for each takes longer than all the rest
   */
  const waitOf = (channelId: string, all = spool.list("new"), choice = choose()): number | undefined => {
    const now = clock.now();
    const waiting = all.filter((item) => item.channelId === channelId);
    const own = waiting.filter(({ id, fallback }) => fallback !== undefined && isChosen(id, choice));
    const next = [nextOf(channelId, waiting, choice, now), ...own.map(overdueAt).filter((at) => at > now)];
    const wait = Math.max(Math.min(...next) - now, 0);
    return clock.monotonic() + wait > deadline ? undefined : wait;
  };
  const drain = async (channelId: string): Promise<void> => {
    while (!signal.aborted) {
      const lock = await acquire(channelId, signal);
      if (lock === undefined) return;
      try {
        await drainChannel(channelId, choose(), signal, options);
        passed.add(channelId);
      } finally {
        lock.release();
      }
      const wait = once ? undefined : waitOf(channelId);
      if (wait === undefined) return;
      await sleep(Math.min(Math.max(wait, PAUSE_MS), LOOK_MS), clock, signal);
    }
  };
  const active = new Map<string, Promise<void>>();
  const begun = new Set<string>();
  const passed = new Set<string>();
  const begin = (): void => {
    let all = spool.list("new");
    let choice = choose();
    const now = clock.now();
    /** A channel that may send something now, and has not begun to. */
    const hasTurn = (channelId: string): boolean => {
      const waiting = all.filter((item) => item.channelId === channelId);
      return !passed.has(channelId) && nextOf(channelId, waiting, choice, now) <= now;
    };
    const late = all.filter(
      (item) => isChosen(item.id, choice) && item.fallback !== undefined && overdueAt(item) <= now,
    );
    // What nobody has sent so far is its channel's first: what comes of it is waited for.
    const untried = late.filter(({ attempts }) => attempts.length === 0).map(({ channelId }) => channelId);
    const first = new Set([...new Set(untried)].filter(hasTurn));
    const overdue = late.filter(({ attempts, channelId }) => attempts.length > 0 || !first.has(channelId));
    for (const item of overdue) options.onOverdue(item);
    if (overdue.length > 0) [all, choice] = [spool.list("new"), choose()];
    const channels = all.filter(({ id }) => isChosen(id, choice)).map((item) => item.channelId);
    for (const channelId of new Set(channels))
      if (!(once ? begun : active).has(channelId) && waitOf(channelId, all, choice) !== undefined) {
        begun.add(channelId);
        active.set(
          channelId,
          drain(channelId).finally(() => active.delete(channelId)),
        );
      }
  };
  begin();
  while (active.size > 0 && !signal.aborted) {
    const looked = new AbortController();
    await Promise.race([...active.values(), sleep(LOOK_MS, clock, looked.signal)]);
    looked.abort();
    begin();
  }
  await Promise.all(active.values());
}

function isChosen(id: string, { ids }: Choice): boolean {
  return ids?.has(id) ?? true;
}

/** When the fallback of a message that still waits is to tell it. */
function overdueAt({ created }: OutboxItem): number {
  return created + FALLBACK_MS;
}
