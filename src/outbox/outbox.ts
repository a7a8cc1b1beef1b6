import { join } from "node:path";
import type { Files } from "../host/files.ts";
import { diskTrouble } from "../model/disk-trouble.ts";
import { isSecretReference, type ChannelDefinition } from "../model/notification.ts";
import { isSecretTrouble, type Sending } from "./attempt.ts";
import { CLOSED } from "./circuit.ts";
import type { DrainOptions } from "./drain.ts";
import { drainAll } from "./drain-all.ts";
import { fallbacksIn } from "./fallbacks.ts";
import { channelLabel, isSuppressed, type NewItem, type OutboxItem, type Shelf } from "./item.ts";
import { noteGivenUp } from "./given-up.ts";
import { processLocks, type HeldLock, type Locks } from "./lock.ts";
import { makeItems } from "./make-items.ts";
import { redefined } from "./redefine.ts";
import { DEFAULT_TTL_MS, isDueAgain } from "./schedule.ts";
import { sleep } from "./sleep.ts";
import { openSpool } from "./spool.ts";
import { outcomeOf, type DeliverySummary } from "./summary.ts";
import { withMemory } from "./volatile-spool.ts";

/** Where messages wait, on disk, until they are delivered. */
export interface Outbox {
  /** Puts one item per recipient on disk, durably, and answers their ids. The same thing twice is one. */
  enqueue(item: NewItem): readonly string[];
  /**
   * Sends what is due, for a bounded time: channels at the same time, in order
   * within each. Without `ids`, all that waits. Waits for another process that
   * is sending the same.
   */
  deliver(options: DeliverOptions): Promise<DeliverySummary>;
  list(shelf?: Shelf): readonly StoredItem[];
  /** @param id whole, or a prefix that only one item has */
  read(id: string): StoredItem | undefined;
  /** Makes items wait again, due now; `now` is their channel where a person has mended it. @returns those not sent */
  retry(ids: readonly string[], now?: (item: OutboxItem) => ChannelDefinition | undefined): Promise<readonly string[]>;
  /** Gives items up; what was given up already is forgotten. */
  drop(ids: readonly string[]): Promise<readonly string[]>;
  /** Takes items out that are not delivered, without a trace. @returns those it was done for */
  withdraw(ids: readonly string[]): Promise<readonly string[]>;
  /** Lets items go again that were held and use this secret, once it was set. */
  release(secretName: string): Promise<readonly string[]>;
  /** Whether all of these survive this process, or are sent: not what a disk that is still full does not take. */
  areSafe(ids: Iterable<string>): boolean;
  /** Removes what was sent or given up before a time (epoch milliseconds). @returns how many */
  prune(before: number): number;
}

export interface DeliverOptions {
  readonly ids?: readonly string[];
  readonly deadlineMs: number;
  readonly signal?: AbortSignal;
  /** A person waits: an open circuit does not stop them. */
  readonly urgent?: boolean;
  /** What fails is not tried again. */
  readonly once?: boolean;
  /** The disk may be gone afterwards: what still waits then is told by its fallback, too. */
  readonly isLast?: boolean;
}

export interface StoredItem {
  readonly shelf: Shelf;
  readonly item: OutboxItem;
}

export interface OutboxOptions extends Sending {
  readonly files: Files;
  /** @default locks within this process */
  readonly locks?: Locks;
  /** Told in one sentence when something is not as safe as it should be. */
  readonly warn?: (text: string) => void;
}

/** How long a change of an item waits for a drainer to finish. */
const PATIENCE_MS = 15_000;
const POLL_MS = 25;
/** How long the fallbacks of a last delivery are given, at least, unless it was for less. */
const LAST_MS = 10_000;

export function createOutbox(options: OutboxOptions): Outbox {
  const { clock, files, directory, redact } = options;
  const locks = options.locks ?? processLocks();
  const warn = options.warn ?? (() => undefined);
  const lastResort = processLocks();
  const memory = new Map<string, Readonly<Record<string, string>>>();
  const disk = openSpool(
    files,
    directory,
    () => clock.now(),
    (name) => {
      warn(`the outbox file ${name} was damaged and has been put aside in ${join(directory, "outbox", "dead")}`);
    },
  );
  const spool = withMemory(disk, (item, error) => {
    const why = diskTrouble(error);
    warn(
      `not durable: the message for "${channelLabel(item)}" could not be written to ${directory} (${why}); it is kept in memory and sent from there`,
    );
  });
  const ours = new Set<string>();
  const acquire = async (channelId: string, signal: AbortSignal): Promise<HeldLock | undefined> => {
    while (!signal.aborted) {
      const path = join(directory, "locks", `drain-${channelId}.lock`);
      // Without a place for the lock two processes may send the same message, under the same id; without a lock, none.
      const lock = await locks.tryLock(path).catch(() => lastResort.tryLock(path));
      if (lock !== undefined) return lock;
      await sleep(POLL_MS, clock, signal);
    }
    return undefined;
  };

  /** Held counts: it goes as soon as what it is held for is mended. */
  const isTold = (id: string): boolean => {
    const stored = spool.find(id);
    return stored !== undefined && (stored.shelf !== "dead" || isSuppressed(stored.item));
  };

  let last = 0;
  const enqueue = (item: NewItem): readonly string[] => {
    // Strictly rising, so that the order of one process's messages is theirs.
    const now = clock.now();
    last = Math.max(now, last + 1);
    const items = makeItems(item, { now, created: last }, redact, isTold);
    last += items.length - 1;
    for (const each of items) {
      ours.add(each.id);
      const added = spool.add(each);
      if (added && item.values !== undefined) memory.set(each.id, item.values);
    }
    return items.map((each) => each.id);
  };

  const fallbacks = fallbacksIn(spool, enqueue);
  const drain: DrainOptions = {
    spool,
    ours,
    sending: options,
    memory,
    onSettled: (item, shelf) => {
      if (shelf === "dead") noteGivenUp(files, directory, item.id);
      if (shelf !== "sent") fallbacks.tell(item);
    },
    onOverdue: (item) => void fallbacks.tell(item),
    withFallbacks: (ids) => fallbacks.withThem(ids),
  };

  const change = async (ids: readonly string[], act: (stored: StoredItem) => boolean): Promise<readonly string[]> => {
    const done: string[] = [];
    for (const id of ids) {
      const before = spool.find(id);
      if (before === undefined) continue;
      const patience = new AbortController();
      const timer = clock.setTimeout(() => {
        patience.abort();
      }, PATIENCE_MS);
      const lock = await acquire(before.item.channelId, patience.signal);
      clock.clearTimeout(timer);
      try {
        // A drainer may have settled it while we waited.
        const stored = spool.find(id);
        if (lock !== undefined && stored !== undefined && act(stored)) done.push(id);
      } finally {
        lock?.release();
      }
    }
    return done;
  };

  const again = ({ shelf, item }: StoredItem): boolean => {
    if (shelf === "sent") return false;
    ours.add(item.id);
    const now = clock.now();
    const expires = Math.max(item.expires, now + DEFAULT_TTL_MS);
    const renewed: OutboxItem = { ...withoutReason(item), due: now, expires };
    if (shelf === "new") spool.update("new", renewed);
    else spool.move(shelf, "new", renewed);
    spool.saveChannelState(item.channelId, { ...CLOSED, notBefore: spool.channelState(item.channelId).notBefore });
    return true;
  };

  /**
   * Items that were held for a secret go again once it can be found: it may have been set in the environment.
   * Those that were refused in words which may pass go again once a day.
   */
  const reconsider = async (): Promise<void> => {
    const all = spool.list("held");
    const held = all.filter((item) => isSecretTrouble(item.reason?.code) && item.needs.length === 0);
    const found = all.filter((item) => isDueAgain(item, clock.now())).map(({ id }) => id);
    for (const { id, definition, source } of held) {
      const values = await options.values(definition, source ?? {}).catch(() => undefined);
      if (values !== undefined) found.push(id);
    }
    if (found.length > 0) await change(found, again);
  };

  /** Drains until a deadline, or until it is told to stop. */
  const within = async ({ ids, deadlineMs, signal, urgent = false, once = false }: DeliverOptions): Promise<void> => {
    const stop = new AbortController();
    const abort = (): void => {
      stop.abort();
    };
    if (signal?.aborted === true) abort();
    signal?.addEventListener("abort", abort, { once: true });
    const timer = clock.setTimeout(abort, deadlineMs);
    try {
      await drainAll(
        { ids, urgent, once, deadline: clock.monotonic() + deadlineMs, signal: stop.signal },
        acquire,
        drain,
      );
    } finally {
      clock.clearTimeout(timer);
      signal?.removeEventListener("abort", abort);
    }
  };

  return {
    enqueue,
    async deliver(options) {
      const { ids, deadlineMs, isLast = false } = options;
      if (ids === undefined) await reconsider();
      const asked = ids ?? spool.list("new").map(({ id }) => id);
      const until = clock.monotonic() + deadlineMs;
      await within(options);
      const all = [...fallbacks.withThem(asked)];
      for (let late = isLast ? fallbacks.tellWaiting(all) : []; late.length > 0; late = fallbacks.tellWaiting(late)) {
        const left = Math.max(until - clock.monotonic(), Math.min(deadlineMs, LAST_MS));
        await within({ ...options, ids: late, deadlineMs: left });
        all.push(...fallbacks.withThem(late));
      }
      return {
        outcomes: [...new Set(all)].map((id) =>
          outcomeOf(id, spool.find(id), {
            channelState: (channel) => spool.channelState(channel),
            isToldInstead: (item) => fallbacks.hasTold(item),
            now: clock.now(),
          }),
        ),
      };
    },
    list: (shelf) =>
      (shelf === undefined ? (["new", "held", "dead", "sent"] as const) : [shelf]).flatMap((each) =>
        spool.list(each).map((item) => ({ shelf: each, item })),
      ),
    read(id) {
      const exact = spool.find(id);
      if (exact !== undefined) return exact;
      const matching = this.list().filter(({ item }) => item.id.startsWith(id));
      return matching.length === 1 ? matching[0] : undefined;
    },
    retry: (ids, now = () => undefined) =>
      change(ids, ({ shelf, item }) => again({ shelf, item: redefined(item, now(item)) })),
    drop: (ids) =>
      change(ids, ({ shelf, item }) => {
        if (shelf === "sent") return false;
        if (shelf === "dead") spool.remove("dead", item.id);
        else spool.move(shelf, "dead", { ...item, reason: { code: "dropped", note: "given up by hand" } });
        return true;
      }),
    withdraw: (ids) =>
      change(ids, ({ shelf, item }) => {
        if (shelf === "sent") return false;
        spool.remove(shelf, item.id);
        memory.delete(item.id);
        return true;
      }),
    release: (secretName) =>
      change(
        spool
          .list("held")
          .filter((item) => usesSecret(item.definition, secretName))
          .map((item) => item.id),
        again,
      ),
    // Each is asked: to ask is to save what can be saved.
    areSafe: (ids) => [...ids].map((id) => spool.isSafe(id)).every(Boolean),
    prune: (before) => spool.prune(before),
  };
}

function withoutReason(item: OutboxItem): OutboxItem {
  const rest: { reason?: unknown } & OutboxItem = { ...item };
  delete rest.reason;
  return rest;
}

function usesSecret(value: unknown, name: string): boolean {
  if (isSecretReference(value)) return value.secret === name;
  return typeof value === "object" && value !== null && Object.values(value).some((each) => usesSecret(each, name));
}
