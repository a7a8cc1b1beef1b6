import type { Edge } from "./edge.ts";
import type { State } from "./state.ts";

/**
 * Decides from the states of all upstream tasks whether a task may run.
 *
 * It sees one entry per edge, all of them finished. It returns true to run; any
 * falsy value makes the task TriggerFailed; a thrown signal becomes its state; a
 * thrown error makes the task TriggerFailed with that error as its result.
 *
 * A Mapped upstream stands for its children (`upstreamStates` expands it).
 * Source: Prefect 1.x, core concepts, "Triggers".
 */
export interface Trigger {
  (upstream: ReadonlyMap<Edge, State>, context: TriggerContext): boolean | Promise<boolean>;
  /** The name it has in YAML and in messages, such as `any_failed`. */
  readonly triggerName?: string;
}

export interface TriggerContext {
  /** True when the task was resumed from Paused. */
  readonly resumed: boolean;
}
