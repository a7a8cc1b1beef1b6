import type { StateOf } from "../model/state.ts";

/** Where Cached states are kept between runs. */
export interface CacheStore {
  /** @returns the states stored under the key, the newest last; the engine judges their validity */
  read(key: string): readonly StateOf<"Cached">[] | Promise<readonly StateOf<"Cached">[]>;
  write(key: string, cached: StateOf<"Cached">): void | Promise<void>;
}

/** A cache that lives as long as the process. It keeps the newest 100 states of each key. */
export function memoryCache(): CacheStore {
  const kept = new Map<string, StateOf<"Cached">[]>();
  return {
    read: (key) => kept.get(key) ?? [],
    write(key, cached) {
      kept.set(key, [...(kept.get(key) ?? []), cached].slice(-100));
    },
  };
}
