import { join } from "node:path";
import type { Files } from "../host/files.ts";
import { readable } from "../model/disk-trouble.ts";
import { CLOSED, channelStateFrom, type ChannelState } from "./circuit.ts";
import { isSuppressed, SHELVES, type OutboxItem, type Shelf } from "./item.ts";
import { isOfLaterVersion, itemFromText, itemToText } from "./item-text.ts";

/** The outbox's files: one per item, named by its id, on one of four shelves. */
export interface Spool {
  /**
   * Puts an item on the shelf `new`; one that is not to be sent on `dead`. Durable when it returns.
   * @returns false where the item is on any shelf already
   */
  add(item: OutboxItem): boolean;
  /** The item and where it is; `undefined` where there is none. */
  find(id: string): { readonly shelf: Shelf; readonly item: OutboxItem } | undefined;
  /** Items of a shelf, oldest first. */
  list(shelf: Shelf): readonly OutboxItem[];
  /** Rewrites an item where it is. */
  update(shelf: Shelf, item: OutboxItem): void;
  /** Rewrites an item and moves it. A death in between leaves the rewritten item where it was. */
  move(from: Shelf, to: Shelf, item: OutboxItem): void;
  /** Moves an item as it is: it needs no room. */
  shelve(from: Shelf, to: Shelf, id: string): void;
  remove(shelf: Shelf, id: string): void;
  channelState(channelId: string): ChannelState;
  saveChannelState(channelId: string, state: ChannelState): void;
  /** Removes what is older than `before` from `sent` and `dead`, and drafts that a dead process left. */
  prune(before: number): number;
}

const SUFFIX = ".json";
const DRAFT_AGE_MS = 3_600_000;
/** How long a part of an item may be one that is just being written, on a disk without hard links. */
const WRITING_MS = 60_000;

/**
 * @param directory the state directory
 * @param onTorn told the name of a file that is no item; it has been put aside on the shelf `dead`
 */
export function openSpool(files: Files, directory: string, now: () => number, onTorn: (name: string) => void): Spool {
  const shelfPath = (shelf: Shelf): string => join(directory, "outbox", shelf);
  const path = (shelf: Shelf, id: string): string => join(shelfPath(shelf), id + SUFFIX);
  const statePath = (channelId: string): string => join(directory, "channels", channelId + SUFFIX);
  let made = false;
  const make = (): void => {
    if (made) return;
    for (const shelf of SHELVES) files.makeDirectory(shelfPath(shelf));
    files.makeDirectory(join(directory, "channels"));
    files.makeDirectory(join(directory, "locks"));
    made = true;
  };
  /** One that the disk does not give is left out: everybody else's messages are sent. */
  const read = (shelf: Shelf, id: string): OutboxItem | undefined => {
    const text = readable(() => files.read(path(shelf, id)), undefined);
    if (text === undefined) return undefined;
    const item = itemFromText(text);
    if (item === undefined && shelf !== "dead" && !isOfLaterVersion(text) && !isBeingWritten(path(shelf, id))) {
      const isMoved = readable(() => {
        files.rename(path(shelf, id), `${path("dead", id)}.torn`);
        return true;
      }, false);
      if (isMoved) onTorn(id + SUFFIX);
    }
    return item;
  };
  const isBeingWritten = (file: string): boolean => {
    const since = readable(() => files.stat(file)?.modifiedMs, now());
    return since !== undefined && Math.abs(now() - since) < WRITING_MS;
  };
  /** Where a process died while it wrote the same item, the whole takes the place of the part. */
  const write = (file: string, item: OutboxItem): boolean => {
    const text = itemToText(item);
    if (files.create(file, text)) return true;
    const other = files.read(file);
    if (other === undefined || itemFromText(other) !== undefined || isOfLaterVersion(other)) return false;
    files.replace(file, text);
    return true;
  };
  return {
    add(item) {
      make();
      const to = isSuppressed(item) ? "dead" : "new";
      const elsewhere = SHELVES.some((shelf) => shelf !== to && files.stat(path(shelf, item.id))?.kind === "file");
      return !elsewhere && write(path(to, item.id), item);
    },
    find(id) {
      // A drainer may move it from shelf to shelf meanwhile: it only ever moves away from `new`, so one more look finds it.
      for (const shelf of [...SHELVES, ...SHELVES]) {
        const item = read(shelf, id);
        if (item !== undefined) return { shelf, item };
      }
      return undefined;
    },
    list: (shelf) =>
      readable(() => files.list(shelfPath(shelf)), [])
        .filter((name) => name.endsWith(SUFFIX) && !name.startsWith("."))
        .flatMap((name) => read(shelf, name.slice(0, -SUFFIX.length)) ?? [])
        .sort(oldestFirst),
    update(shelf, item) {
      make();
      files.replace(path(shelf, item.id), itemToText(item));
    },
    move(from, to, item) {
      make();
      files.replace(path(from, item.id), itemToText(item));
      files.rename(path(from, item.id), path(to, item.id));
    },
    shelve(from, to, id) {
      files.rename(path(from, id), path(to, id));
    },
    remove(shelf, id) {
      files.remove(path(shelf, id));
    },
    channelState: (channelId) =>
      channelStateFrom(readable(() => files.read(statePath(channelId)), undefined)) ?? CLOSED,
    saveChannelState(channelId, state) {
      make();
      files.replace(statePath(channelId), `${JSON.stringify(state)}\n`);
    },
    prune(before) {
      let removed = 0;
      for (const shelf of SHELVES) {
        for (const name of readable(() => files.list(shelfPath(shelf)), [])) {
          const file = join(shelfPath(shelf), name);
          const age = readable(() => files.stat(file, false)?.modifiedMs, undefined) ?? Infinity;
          const draft = name.startsWith(".") && age < now() - DRAFT_AGE_MS;
          if (!draft && !((shelf === "sent" || shelf === "dead") && age < before)) continue;
          const isRemoved = readable(() => {
            files.remove(file);
            return true;
          }, false);
          removed += draft || !isRemoved ? 0 : 1;
        }
      }
      return removed;
    },
  };
}

/** The order in which items of one shelf are listed and sent. */
export function oldestFirst(a: OutboxItem, b: OutboxItem): number {
  return a.created - b.created || (a.id < b.id ? -1 : 1);
}
