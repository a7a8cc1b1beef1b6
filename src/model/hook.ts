import type { StateType } from "./state.ts";

/** Chooses runs and tasks by globs (`nightly-*`); all that are given must hold. */
export interface Match {
  readonly flows?: readonly string[];
  readonly tasks?: readonly string[];
  readonly tags?: readonly string[];
  /** Who started the run. */
  readonly environment?: readonly ("ci" | "cron" | "terminal")[];
}

export type HookEvent = "started" | "slow" | "recovered" | "stillFailing";

/**
 * A rule of the config: when a run of a matching flow comes to one of these
 * states, tell these channels. It needs no flow code and cannot change the run.
 */
export interface Hook {
  readonly name: string;
  readonly match?: Match;
  /** Families of states of the run: `Failed` includes TimedOut and Crashed. */
  readonly states: readonly StateType[];
  readonly events?: readonly HookEvent[];
  /** Milliseconds after which a run is slow. */
  readonly slowAfter?: number;
  /**
   * `change`: an outcome is told when the run before had another one; the same again only every
   * `repeat`, and the flow's recovery always. @default "change" for failures from cron, else "always"
   */
  readonly notifyOn?: "change" | "always";
  /** With `notifyOn: change`, and from cron: after how many milliseconds the same is told again. @default 4 hours */
  readonly repeat?: number;
  /** Names of channels. */
  readonly to: readonly string[];
  /** A text in the place of the usual one, with `${{ }}` expressions. */
  readonly message?: string;
  /** The subject of mail, with `${{ }}` expressions. @default that of the channel */
  readonly subject?: string;
}
