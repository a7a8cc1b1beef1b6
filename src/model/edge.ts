import type { Task } from "./task.ts";

/**
 * A dependency: `to` waits for `from`. With a key, the result of `from` is also
 * the input of that name; without one it is order and state only. Both kinds
 * count in the trigger and in the skip rule.
 */
export interface Edge {
  readonly from: Task;
  readonly to: Task;
  readonly key?: string;
  /** The result is taken apart: one child of `to` per element. */
  readonly mapped: boolean;
  /** The result's elements are lists, and are joined first. */
  readonly flattened: boolean;
}
