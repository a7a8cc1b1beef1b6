import { slowTimes, slowTold } from "../hooks/hook-told.ts";
import type { BegunRun } from "./begin-run.ts";
import type { CommandContext } from "./context.ts";
import { messageTemplates } from "./message-templates.ts";
import type { Telling } from "./tell.ts";

/** Longest time that a timer can be set for. */
const LONGEST_MS = 2 ** 31 - 1;

/**
 * Tells the hooks with the event `slow` that a run still runs, while it runs.
 *
 * @returns what ends the watch
 */
export function watchSlow(begun: BegunRun, told: Telling, { host }: CommandContext): Disposable {
  const { clock } = host;
  const facts = begun.facts();
  const tell = async (afterMs: number): Promise<void> => {
    const filling = { ...facts, ...(await messageTemplates(facts)) };
    await told.enqueue(slowTold(filling, afterMs, clock.now()));
  };
  const timers = slowTimes(facts).map((afterMs) =>
    clock.setTimeout(
      () => {
        // What goes wrong with it is seen at the end, when what waits is delivered.
        void tell(afterMs).catch(() => undefined);
      },
      Math.min(Math.max(facts.startedAt + afterMs - clock.now(), 0), LONGEST_MS),
    ),
  );
  return {
    [Symbol.dispose]: () => {
      for (const timer of timers) clock.clearTimeout(timer);
    },
  };
}
