/** Signals that may be the first one a task's processes get when their attempt is ended. */
export const STOP_SIGNALS = [
  "SIGTERM",
  "SIGINT",
  "SIGQUIT",
  "SIGHUP",
  "SIGUSR1",
  "SIGUSR2",
  "SIGWINCH",
  "SIGKILL",
] as const;
export type StopSignal = (typeof STOP_SIGNALS)[number];

/** How the processes of an attempt are ended: the first signal, the grace, then SIGKILL. */
export interface StopPolicy {
  /** @default "SIGTERM" */
  readonly stopSignal: StopSignal;
  /** Milliseconds from the first signal to SIGKILL. @default 5000 */
  readonly graceMs: number;
}

export const DEFAULT_STOP_POLICY: StopPolicy = { stopSignal: "SIGTERM", graceMs: 5000 };

/** The engine's own grace is longer than that of the tasks by so many milliseconds: a killed process group is gone by then. */
export const ENGINE_MARGIN_MS = 2000;
