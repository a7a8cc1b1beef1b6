import { labelOf, type Underway } from "../model/tally.ts";
import type { Will } from "./will.ts";

const NAMED = 3;

/**
 * Why a run whose process is gone is taken for dead, in one sentence.
 * @param bootId of the machine as it runs now
 */
export function causeOfDeath(will: Will, bootId: string | undefined): string {
  const rebooted = will.bootId !== undefined && bootId !== undefined && will.bootId !== bootId;
  return rebooted
    ? `The machine (${will.host}) was restarted while the run was going on.`
    : `The run's process (${will.pid} on ${will.host}) ended without a word: it was killed, ran out of memory or broke.`;
}

/** A crash in one or two sentences: its cause, and the tasks that had started and not ended. */
export function crashMessage(cause: string, underway: readonly Underway[]): string {
  if (underway.length === 0) return `${cause} No task was running.`;
  const names = underway.slice(0, NAMED).map(labelOf).join(", ");
  const more = underway.length > NAMED ? ` and ${underway.length - NAMED} more` : "";
  return `${cause} Running: ${names}${more}.`;
}
