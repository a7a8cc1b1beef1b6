import type { RunEvent } from "../model/event.ts";

/** Shows a run to a person, a CI or a file. What it throws is reported at the end and changes nothing. */
export interface Reporter {
  onEvent(event: RunEvent): void;
  /** After the last event, with all that is known. */
  onEnd?(report: RunReport): void | Promise<void>;
}

/** What a run's last lines are made of. */
export interface RunReport {
  readonly runId: string;
  readonly flow: string;
  readonly file: string | undefined;
  readonly durationMs: number;
  /** Lines about what was sent and what waits. */
  readonly notifications: readonly string[];
  /** Whether something that was to be told has not been delivered. */
  readonly undelivered?: boolean;
  /** Whether some of it will not be delivered until a person does something. */
  readonly needsPerson?: boolean;
}
