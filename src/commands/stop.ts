/** How a command learns that a person or the system wants it to stop. */
export interface Stop {
  /** Aborted by the first signal; its reason is the signal's name. */
  readonly signal: AbortSignal;
}
