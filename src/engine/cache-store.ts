import type { StateOf } from "../model/state.ts";
import type { Task } from "../model/task.ts";

/** Where Cached states are kept between runs. */
export interface CacheStore {
  /** @returns the states stored under the key; the engine judges their validity and takes the first that is valid */
  read(key: string, task: Task): readonly StateOf<"Cached">[] | Promise<readonly StateOf<"Cached">[]>;
  write(key: string, cached: StateOf<"Cached">, task: Task): void | Promise<void>;
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
