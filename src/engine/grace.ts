import type { Clock } from "../host/clock.ts";
import { record } from "./announce.ts";
import { cancelled } from "./body-step.ts";
import type { TaskRun } from "./task-run.ts";

/** How long a run that is being ended waits for its bodies, in milliseconds. */
export const DEFAULT_GRACE_MS = 5000;

/**
 * The time that bodies and state handlers have once the run is being ended. At
 * first a body is only asked, through its signal; when the grace is over it is
 * left alone; what still hangs after as long again, a state handler, is cut off
 * without being heard.
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

  /** @param onOver called when bodies are left alone */
  begin(reason: Error, onOver: () => void): void {
    for (const run of this.#active) if (run.task.kind !== "cleanup") run.abort(reason);
    this.#timer = this.#clock.setTimeout(() => {
      onOver();
      for (const run of [...this.#active]) {
        run.abort(reason);
        run.interrupt?.(reason);
      }
      this.#timer = this.#clock.setTimeout(() => {
        this.#cutOff();
      }, this.#ms);
    }, this.#ms);
  }

  end(): void {
    if (this.#timer !== undefined) this.#clock.clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  #cutOff(): void {
    for (const run of [...this.#active]) {
      run.state = cancelled(run);
      void record(run, run.state);
      run.dead = true;
      this.#active.delete(run);
      this.#onCutOff(run);
    }
  }
}
