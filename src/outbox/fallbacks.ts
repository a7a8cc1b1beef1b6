import { isSuppressed, type NewItem, type OutboxItem } from "./item.ts";
import { idsOf } from "./make-items.ts";
import type { Spool } from "./spool.ts";

/** What tells in the place of messages whose channel does not take them. */
export interface Fallbacks {
  /** Lets an item's fallback tell it, unless it does already. @returns the ids of what was put in the outbox now */
  tell(item: OutboxItem): readonly string[];
  /** The same for those of these that still wait. */
  tellWaiting(ids: readonly string[]): readonly string[];
  /** Whether its fallback has told it, or the fallback's own has. */
  hasTold(item: Pick<NewItem, "fallback">): boolean;
  /** These, and what tells in their place: of those that were refused, given up, or not taken for long. */
  withThem(ids: readonly string[]): readonly string[];
}

export function fallbacksIn(spool: Spool, enqueue: (item: NewItem) => readonly string[]): Fallbacks {
  const tell = ({ key, fallback }: OutboxItem): readonly string[] => {
    if (fallback === undefined) return [];
    // Where that channel is told the same by itself, it is told once.
    const direct = idsOf({ ...fallback, key: key.replace(/\/fallback$/, "") }).map((id) => spool.find(id));
    if (direct.every((each) => each !== undefined && !isSuppressed(each.item))) return [];
    if (idsOf(fallback).every((id) => spool.find(id) !== undefined)) return [];
    return enqueue(fallback);
  };
  const withThem = (ids: readonly string[]): readonly string[] => {
    const more = ids.flatMap((id) => {
      const fallback = spool.find(id)?.item.fallback;
      return fallback === undefined ? [] : idsOf(fallback).filter((each) => spool.find(each) !== undefined);
    });
    return more.length === 0 ? ids : [...new Set([...ids, ...withThem(more)])];
  };
  const hasTold = ({ fallback }: Pick<NewItem, "fallback">): boolean =>
    fallback !== undefined && (idsOf(fallback).some((id) => spool.find(id)?.shelf === "sent") || hasTold(fallback));
  return {
    tell,
    hasTold,
    withThem,
    tellWaiting: (ids) =>
      ids.flatMap((id) => {
        const stored = spool.find(id);
        return stored?.shelf === "new" ? tell(stored.item) : [];
      }),
  };
}
