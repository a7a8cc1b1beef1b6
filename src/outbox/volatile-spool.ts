import { isSuppressed, type OutboxItem } from "./item.ts";
import type { Spool } from "./spool.ts";

/**
 * A spool that goes on when the disk does not (full, read only, not ours): items
 * that cannot be written are kept in memory and sent from there. They die with
 * the process, so `onVolatile` must say it loudly; it is told once per item.
 */
export function withMemory(
  disk: Spool,
  onVolatile: (item: OutboxItem, error: unknown) => void,
): Spool & {
  /** Whether the death of this process would take the item with it: it is on no disk and not sent. */
  isVolatile(id: string): boolean;
} {
  const volatile = new Set<string>();
  const waiting = new Map<string, OutboxItem>();
  const settled = new Map<string, { readonly shelf: "held" | "sent" | "dead"; readonly item: OutboxItem }>();
  /** What was delivered and cannot be noted must not stop the rest. */
  const tolerate = (act: () => void): boolean => {
    try {
      act();
      return true;
    } catch {
      // The item stays where it is on disk: a later process repeats it under the same id.
      return false;
    }
  };
  return {
    ...disk,
    isVolatile: (id) => volatile.has(id),
    add(item) {
      if (waiting.has(item.id) || settled.has(item.id)) return false;
      try {
        return disk.add(item);
      } catch (error) {
        // What is not to be sent needs no memory to be sent from.
        if (isSuppressed(item)) settled.set(item.id, { shelf: "dead", item });
        else waiting.set(item.id, item);
        if (!isSuppressed(item)) volatile.add(item.id);
        onVolatile(item, error);
        return true;
      }
    },
    find(id) {
      const item = waiting.get(id);
      return item === undefined ? (settled.get(id) ?? disk.find(id)) : { shelf: "new", item };
    },
    list: (shelf) =>
      shelf === "new" && waiting.size > 0 ? [...waiting.values(), ...disk.list(shelf)] : disk.list(shelf),
    update(shelf, item) {
      if (waiting.has(item.id)) waiting.set(item.id, item);
      else
        tolerate(() => {
          disk.update(shelf, item);
        });
    },
    move(from, to, item) {
      if (waiting.delete(item.id)) {
        if (to === "sent") volatile.delete(item.id);
        if (to !== "new") settled.set(item.id, { shelf: to, item });
      } else if (
        !tolerate(() => {
          disk.move(from, to, item);
        }) &&
        to !== "new"
      ) {
        // Not again in this process.
        settled.set(item.id, { shelf: to, item });
      }
    },
    remove(shelf, id) {
      settled.delete(id);
      volatile.delete(id);
      if (!waiting.delete(id)) disk.remove(shelf, id);
    },
    saveChannelState(channelId, state) {
      tolerate(() => {
        disk.saveChannelState(channelId, state);
      });
    },
  };
}
