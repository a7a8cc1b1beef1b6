import { formatDuration } from "../model/duration.ts";
import { labelOf, type Underway } from "../model/tally.ts";
import { shownTime } from "../model/time-zone.ts";
import type { Will } from "./will.ts";

const NAMED = 3;

/** How a process ended, as far as its parent has seen. */
export interface ProcessEnd {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** What is known when a run is found dead. */
export interface Evidence {
  /** Whether it ran on another machine than this. */
  readonly isElsewhere: boolean;
  /** Of the machine as it runs now. */
  readonly bootId: string | undefined;
  /** Only a parent knows it. */
  readonly end?: ProcessEnd | undefined;
  /** Whether the system has killed processes of the run's control group for want of memory since the run began. */
  readonly isOutOfMemory: boolean;
}

/** Why a run whose process is gone is taken for dead, in one sentence. */
export function causeOfDeath(will: Will, { isElsewhere, bootId, end, isOutOfMemory }: Evidence): string {
  if (isElsewhere) return `The run went on another machine (${will.host}) and did not come to its end there.`;
  if (will.bootId !== undefined && bootId !== undefined && will.bootId !== bootId)
    return `The machine (${will.host}) was restarted while the run was going on.`;
  const subject = `The run's process (${will.pid} on ${will.host})`;
  const memory = "its memory limit was reached and the system killed it";
  if (end?.signal === "SIGABRT") return `${subject} broke off (SIGABRT), as Node does when its heap is full.`;
  if (end?.signal === "SIGKILL")
    return `${subject} was killed (SIGKILL): ${isOutOfMemory ? memory : "by somebody, or by the system for want of memory"}.`;
  if (typeof end?.signal === "string") return `${subject} was ended by ${end.signal}.`;
  if (typeof end?.code === "number") return `${subject} ended with exit code ${end.code} before the run did.`;
  if (isOutOfMemory) return `${subject} ended without a word: ${memory}.`;
  return `${subject} ended without a word: it was killed, ran out of memory or broke.`;
}

/** A crash in one or two sentences: its cause, and the tasks that had started and not ended. */
export function crashMessage(cause: string, underway: readonly Underway[]): string {
  if (underway.length === 0) return `${cause} No task was running.`;
  const names = underway.slice(0, NAMED).map(labelOf).join(", ");
  const more = underway.length > NAMED ? ` and ${underway.length - NAMED} more` : "";
  return `${cause} Running: ${names}${more}.`;
}

/** When a run crashed of whose crash nobody knows more than this. Times are epoch milliseconds. */
export function foundLate({ lastSign, now, zone }: { lastSign: number; now: number; zone: string }): string {
  return `Its last sign of life was at ${shownTime(lastSign, zone)}, ${formatDuration(now - lastSign)} before it was found.`;
}
