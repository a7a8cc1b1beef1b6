import type { ChannelState } from "./circuit.ts";
import { isSuppressed, type OutboxItem, type Shelf } from "./item.ts";
import { oldestFirst, type Spool } from "./spool.ts";

/** What the disk did not take of an item. */
interface Kept {
  readonly shelf: Shelf;
  readonly item: OutboxItem;
  /** Where the disk has it as it was before; `undefined` where it has nothing of it. */
  readonly onDisk: Shelf | undefined;
}

/**
 * A spool that goes on when the disk does not (full, read only, not ours): what cannot be written is kept in
 * memory, over what the disk has. So a service that fails is waited for as ever, and what it took is not sent
 * again; what a later process needs most, that an item was sent, takes no room and is on disk all the same.
 *
 * An item of which the disk has nothing dies with the process, so `onVolatile` must say it loudly; it is told
 * once per item. It is written as soon as the disk takes it.
 */
export function withMemory(
  disk: Spool,
  onVolatile: (item: OutboxItem, error: unknown) => void,
): Spool & {
  /**
   * Whether the item survives this process, or is sent; one of which the disk has nothing is written now, if there
   * is room by now.
   */
  isSafe(id: string): boolean;
} {
  const kept = new Map<string, Kept>();
  const states = new Map<string, ChannelState>();
  /** What the disk did not remove. */
  const removed = new Set<string>();

  /** What is in memory of an item, unless another process has moved it since, or taken it away. */
  const lateOf = (id: string): Kept | undefined => {
    const late = kept.get(id);
    if (late?.onDisk === undefined || disk.find(id)?.shelf === late.onDisk) return late;
    kept.delete(id);
    return undefined;
  };

  const write = (to: Shelf, item: OutboxItem, from: Shelf): void => {
    const before = lateOf(item.id);
    let at = before === undefined ? from : before.onDisk;
    try {
      const isNew = at === undefined && disk.add(item);
      at ??= isNew ? homeOf(item) : (disk.find(item.id)?.shelf ?? homeOf(item));
      if (at !== to) disk.move(at, to, item);
      else if (!isNew) disk.update(to, item);
      kept.delete(item.id);
    } catch {
      if (to === "sent" && at !== undefined && hasShelved(at, item.id)) kept.delete(item.id);
      else kept.set(item.id, { shelf: to, item, onDisk: at });
    }
  };

  /** The item as it is goes to those that were sent. */
  const hasShelved = (from: Shelf, id: string): boolean => {
    try {
      disk.shelve(from, "sent", id);
      return true;
    } catch {
      // A later process repeats it under the same id.
      return false;
    }
  };

  return {
    ...disk,
    isSafe(id) {
      const each = kept.get(id);
      if (each === undefined || each.onDisk !== undefined) return true;
      if (each.shelf === "sent" || isSuppressed(each.item)) return true;
      write(each.shelf, each.item, each.shelf);
      return kept.get(id)?.onDisk !== undefined || !kept.has(id);
    },
    add(item) {
      if (kept.has(item.id)) return false;
      try {
        return disk.add(item);
      } catch (error) {
        kept.set(item.id, { shelf: homeOf(item), item, onDisk: undefined });
        onVolatile(item, error);
        return true;
      }
    },
    find: (id) => lateOf(id) ?? (removed.has(id) ? undefined : disk.find(id)),
    list(shelf) {
      const onDisk = disk.list(shelf).filter(({ id }) => !removed.has(id));
      if (kept.size === 0) return onDisk;
      const late = [...kept.keys()].flatMap((id) => {
        const each = lateOf(id);
        return each?.shelf === shelf ? [each.item] : [];
      });
      return [...late, ...onDisk.filter(({ id }) => !kept.has(id))].sort(oldestFirst);
    },
    update: (shelf, item) => {
      write(shelf, item, shelf);
    },
    move: (from, to, item) => {
      write(to, item, from);
    },
    remove(shelf, id) {
      const before = lateOf(id);
      const at = before === undefined ? shelf : before.onDisk;
      kept.delete(id);
      try {
        if (at !== undefined) disk.remove(at, id);
      } catch {
        // A later process finds it as it was; this one does not send it.
        removed.add(id);
      }
    },
    channelState: (channelId) => states.get(channelId) ?? disk.channelState(channelId),
    saveChannelState(channelId, state) {
      try {
        disk.saveChannelState(channelId, state);
        states.delete(channelId);
      } catch {
        states.set(channelId, state);
      }
    },
  };
}

/** The shelf that a new item is put on. */
function homeOf(item: OutboxItem): Shelf {
  return isSuppressed(item) ? "dead" : "new";
}
