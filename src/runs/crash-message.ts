import { labelOf, type Underway } from "../model/tally.ts";
import type { Will } from "./will.ts";

/** What is known of a run that died. */
export interface CrashFacts {
  readonly will: Will;
  /** Of the machine as it runs now. */
  readonly bootId: string | undefined;
  /** Tasks that had started and not ended. */
  readonly underway: readonly Underway[];
}

const NAMED = 3;

/** Says in one sentence or two why a run is taken for dead, and what it was doing. */
export function crashMessage({ will, bootId, underway }: CrashFacts): string {
  const rebooted = will.bootId !== undefined && bootId !== undefined && will.bootId !== bootId;
  const cause = rebooted
    ? `The machine (${will.host}) was restarted while the run was going on.`
    : `The run's process (${will.pid} on ${will.host}) ended without a word: it was killed, ran out of memory or broke.`;
  if (underway.length === 0) return `${cause} No task was running.`;
  const names = underway.slice(0, NAMED).map(labelOf).join(", ");
  const more = underway.length > NAMED ? ` and ${underway.length - NAMED} more` : "";
  return `${cause} Running: ${names}${more}.`;
}
