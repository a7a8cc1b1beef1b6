import { join } from "node:path";
import type { Clock } from "../host/clock.ts";
import type { Files } from "../host/files.ts";
import type { Random } from "../host/host.ts";
import { readable } from "../model/disk-trouble.ts";

/** All cached results of a project together, in characters; and how many there may be. */
const TOTAL_LIMIT = 256 * 1024 * 1024;
const COUNT_LIMIT = 20_000;
/** What a process that died left half written is put away after this time, in milliseconds. */
const LEFTOVER = 3_600_000;

/** One cached result: all that must be known of it without reading it is its file's name. */
export interface CacheEntry {
  readonly name: string;
  /** What stands for its key. */
  readonly slot: string;
  /** Epoch milliseconds. */
  readonly expires: number;
  readonly created: number;
  readonly size: number;
}

/** What is in a cache's directory, as it was when it was first looked at. */
export interface CacheIndex {
  /** Those of one key that are still valid, the newest first. */
  of(slot: string): readonly CacheEntry[];
  /** Names a new entry. */
  add(slot: string, entry: { readonly expires: number | null; readonly size: number; readonly random: Random }): string;
}

/** Lists a cache's directory, and puts away what is too old or too much. */
export function cacheIndex(
  files: Pick<Files, "list" | "stat" | "remove">,
  directory: string,
  clock: Pick<Clock, "now">,
): CacheIndex {
  const now = clock.now();
  const slots = new Map<string, CacheEntry[]>();
  for (const entry of tidy(files, directory, now)) {
    const slot = slots.get(entry.slot);
    if (slot === undefined) slots.set(entry.slot, [entry]);
    else slot.push(entry);
  }
  return {
    of: (slot) => (slots.get(slot) ?? []).filter((each) => each.expires > clock.now()),
    add(slot, { expires, size, random }) {
      const chance = Math.floor(random() * 36 ** 6).toString(36);
      const parts = [
        slot,
        ...[expires ?? NEVER, clock.now(), size].map((each) => Math.ceil(each).toString(36)),
        chance,
      ];
      return `${parts.join("-")}.json`;
    },
  };
}

/** 36 ** 9: after the year 5000. */
const NEVER = 101_559_956_668_416;

/** @returns what stays, the newest first */
function tidy(files: Pick<Files, "list" | "stat" | "remove">, directory: string, now: number): readonly CacheEntry[] {
  const entries: CacheEntry[] = [];
  for (const name of readable(() => files.list(directory), [])) {
    const entry = parse(name);
    if (entry !== undefined) entries.push(entry);
    else if (name.endsWith(".tmp") && now - modifiedAt(files, join(directory, name), now) > LEFTOVER)
      removeIfPossible(files, join(directory, name));
  }
  entries.sort((a, b) => b.created - a.created);
  const kept: CacheEntry[] = [];
  let total = 0;
  for (const entry of entries) {
    total += entry.size;
    if (entry.expires > now && total <= TOTAL_LIMIT && kept.length < COUNT_LIMIT) kept.push(entry);
    else removeIfPossible(files, join(directory, entry.name));
  }
  return kept;
}

function modifiedAt(files: Pick<Files, "stat">, path: string, otherwise: number): number {
  return readable(() => files.stat(path)?.modifiedMs, undefined) ?? otherwise;
}

/** Removes a file; where the disk refuses, the next process tries again. */
export function removeIfPossible(files: Pick<Files, "remove">, path: string): void {
  readable(() => {
    files.remove(path);
  }, undefined);
}

function parse(name: string): CacheEntry | undefined {
  const [, slot, expires, created, size] =
    /^([0-9a-f]+)-([0-9a-z]+)-([0-9a-z]+)-([0-9a-z]+)-[0-9a-z]+\.json$/.exec(name) ?? [];
  if (slot === undefined || expires === undefined || created === undefined || size === undefined) return undefined;
  const number = (text: string): number => Number.parseInt(text, 36);
  return { name, slot, expires: number(expires), created: number(created), size: number(size) };
}
