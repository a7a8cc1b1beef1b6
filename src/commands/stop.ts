import type { Parent } from "../host/parent.ts";

/** How a command learns that a person or the system wants it to stop. */
export interface Stop {
  /** Aborted by the first signal; its reason is the signal's name. */
  readonly signal: AbortSignal;
  /** The `flowctl` that watches over this one, where there is one. */
  readonly parent: Parent | undefined;
  /** From now on signals are for somebody else: no number of them ends this process. */
  handOn(listener: (signal: NodeJS.Signals) => void): void;
}
