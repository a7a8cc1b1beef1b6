import { DEFAULT_STOP_POLICY, ENGINE_MARGIN_MS } from "../model/stop-policy.ts";
import { record } from "./announce.ts";
import { cancelled } from "./body-step.ts";
import type { FlowRunner } from "./flow-runner.ts";
import type { TaskRun } from "./task-run.ts";

/** State handlers of the flow have at least so many milliseconds, even when the grace is over. */
const LEAST_HANDLER_MS = 500;

/**
 * The time that task functions and state handlers have once the run is being
 * ended. Each task function is aborted at first, and is no longer waited for
 * when the grace of its task is over. The run's own grace is 2 s longer than the
 * longest of those; what still hangs then, a state handler or a clean-up, is cut
 * off.
 */
export class Grace {
  readonly #runner: FlowRunner;
  readonly #active: Set<TaskRun>;
  readonly #onCutOff: (run: TaskRun) => void;
  readonly #timers: unknown[] = [];
  #overTimer: unknown = undefined;
  #overAt = 0;
  #ending: { readonly reason: Error; readonly onOver: () => void } | undefined = undefined;

  constructor(runner: FlowRunner, active: Set<TaskRun>, onCutOff: (run: TaskRun) => void) {
    this.#runner = runner;
    this.#active = active;
    this.#onCutOff = onCutOff;
  }

  /** @param onOver called when nothing may go on any more, not even clean-up */
  begin(reason: Error, onOver: () => void): void {
    this.#ending = { reason, onOver };
    this.#extend(this.#defaultMs);
    for (const run of this.#active) if (run.task.kind !== "cleanup") this.include(run);
  }

  /** Ends one task function of a run that is being ended. */
  include(run: TaskRun): void {
    const { clock } = this.#runner.options;
    const reason = this.#ending?.reason ?? new Error("Cancelled.");
    const { graceMs } = run.stopPolicy;
    run.abort(reason);
    this.#timers.push(
      clock.setTimeout(() => {
        run.interrupt?.(reason);
      }, graceMs),
    );
    this.#extend(graceMs);
  }

  /** Milliseconds that a state handler of the flow has. */
  get leftMs(): number {
    if (this.#ending === undefined) return this.#defaultMs + ENGINE_MARGIN_MS;
    return Math.max(LEAST_HANDLER_MS, this.#overAt - this.#runner.options.clock.monotonic());
  }

  end(): void {
    const { clock } = this.#runner.options;
    for (const timer of this.#timers.splice(0)) clock.clearTimeout(timer);
    if (this.#overTimer !== undefined) clock.clearTimeout(this.#overTimer);
    this.#overTimer = undefined;
  }

  get #defaultMs(): number {
    const { options, plan } = this.#runner;
    return options.graceMs ?? plan.flow.grace ?? DEFAULT_STOP_POLICY.graceMs;
  }

  #extend(graceMs: number): void {
    const { clock } = this.#runner.options;
    const ms = graceMs + ENGINE_MARGIN_MS;
    const overAt = clock.monotonic() + ms;
    if (overAt <= this.#overAt) return;
    this.#overAt = overAt;
    if (this.#overTimer !== undefined) clock.clearTimeout(this.#overTimer);
    this.#overTimer = clock.setTimeout(() => {
      this.#ending?.onOver();
      // Processes that are being ended are waited for, here as everywhere.
      for (const run of [...this.#active])
        if (run.awaited === undefined) this.#cutOff(run);
        else
          void run.awaited.then(() => {
            this.#cutOff(run);
          });
    }, ms);
  }

  #cutOff(run: TaskRun): void {
    if (!this.#active.delete(run)) return;
    run.abort(this.#ending?.reason ?? new Error("Cancelled."));
    run.state = cancelled(run);
    void record(run, run.state);
    run.dead = true;
    this.#onCutOff(run);
  }
}
