import type { Clock } from "../host/clock.ts";
import { record } from "./announce.ts";
import { cancelled } from "./body-step.ts";
import type { TaskRun } from "./task-run.ts";

/** How long a run that is being ended waits for its bodies, in milliseconds. */
export const DEFAULT_GRACE_MS = 5000;

/**
 * The time that bodies and state handlers have once the run is being ended. At
 * first a body is only asked, through its signal; when the grace is over it is
 * left alone, and clean-up can go on; what still hangs after as long again, a
 * state handler or a clean-up, is cut off without being heard.
 */
export class Grace {
  readonly #clock: Clock;
  readonly #ms: number;
  readonly #active: Set<TaskRun>;
  readonly #onCutOff: (run: TaskRun) => void;
  #timer: unknown = undefined;

  constructor(clock: Clock, ms: number, active: Set<TaskRun>, onCutOff: (run: TaskRun) => void) {
    this.#clock = clock;
    this.#ms = ms;
    this.#active = active;
    this.#onCutOff = onCutOff;
  }

  /** @param onOver called when nothing may go on any more, not even clean-up */
  begin(reason: Error, onOver: () => void): void {
    for (const run of this.#ordinary()) run.abort(reason);
    this.#timer = this.#clock.setTimeout(() => {
      for (const run of this.#ordinary()) run.interrupt?.(reason);
      this.#timer = this.#clock.setTimeout(() => {
        onOver();
        this.#cutOff(reason);
      }, this.#ms);
    }, this.#ms);
  }

  end(): void {
    if (this.#timer !== undefined) this.#clock.clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  #ordinary(): readonly TaskRun[] {
    return [...this.#active].filter((run) => run.task.kind !== "cleanup");
  }

  #cutOff(reason: Error): void {
    for (const run of [...this.#active]) {
      run.abort(reason);
      run.state = cancelled(run);
      void record(run, run.state);
      run.dead = true;
      this.#active.delete(run);
      this.#onCutOff(run);
    }
  }
}
