import { formatDuration } from "../model/duration.ts";
import { graphemeBoundary } from "../model/grapheme.ts";
import type { TaskState } from "../model/event.ts";
import type { Counts, Failure } from "../model/tally.ts";
import { isFailed, type State } from "../model/state.ts";
import { firstLine } from "./clean-text.ts";
import type { Glyphs } from "./palette.ts";

/** `[04:09.8]`: minutes, seconds and tenths since the run began. */
export function clockText(ms: number): string {
  const tenths = Math.floor(Math.max(ms, 0) / 100);
  const two = (value: number): string => String(value).padStart(2, "0");
  return `[${two(Math.floor(tenths / 600))}:${two(Math.floor(tenths / 10) % 60)}.${tenths % 10}]`;
}

/** What went wrong, in one line: the state's message, and how often it was tried. */
export function failureText(failure: Pick<Failure, "message" | "type" | "attempts">): string {
  const what = failure.message === null || failure.message === "" ? failure.type : shortLine(failure.message);
  return failure.attempts > 1 ? `${open(what)} after ${failure.attempts} attempts` : what;
}

/** The first line of a message, cut where it would bury all that stands around it. */
function shortLine(message: string): string {
  const line = firstLine(message);
  return line.length > LONGEST
    ? `${line.slice(0, graphemeBoundary(line, LONGEST))} (${line.length} characters in all)`
    : line;
}

const LONGEST = 500;

/** A sentence that goes on. */
function open(text: string): string {
  return text.replace(/\.$/, "");
}

/** Why a task did not run: for want of a task that did not fail, or of one that did. */
export function skipReason({ causedBy, to }: { readonly causedBy?: string; readonly to: Said }): string {
  const waitsForFailures = to.type === "TriggerFailed" && /^The trigger is \w+_failed\b/.test(to.message ?? "");
  if (causedBy !== undefined && !waitsForFailures) return `because ${causedBy} failed`;
  return to.message === null ? "" : firstLine(to.message);
}

type Said = Pick<State, "type" | "message">;

/** `attempt 1 failed: exit code 1; next in 2s`. */
export function retryText(failed: TaskState | undefined, retrying: TaskState): string {
  const { to } = retrying;
  const why = failed?.to.message ?? to.message;
  const what =
    failed === undefined
      ? firstLine(why ?? "again")
      : `attempt ${failed.attempt} failed: ${open(shortLine(why ?? failed.to.type))}`;
  const wait = to.type === "Retrying" && to.startTime !== null ? to.startTime - retrying.at : 0;
  // A millisecond may have gone by between deciding and telling: a delay of 10ms is told as that, not as 9ms.
  return wait > 0 ? `${what}; next in ${shortDuration(Math.ceil(wait / 5) * 5)}` : `${what}; again now`;
}

/** `2s`, `250ms`, `1m 30s`: without a decimal that says nothing. */
export function shortDuration(ms: number): string {
  if (ms < 1000) return `${Math.round(ms)}ms`;
  return formatDuration(ms).replace(/\.0s$/, "s");
}

/** `10 ok · 1 failed · 1 skipped`; what there is none of is left out. */
export function countsText(counts: Counts, notNeeded: number, glyphs: Glyphs): string {
  const parts = [
    [counts.ok, "ok"],
    [counts.failed, "failed"],
    [counts.skipped, "skipped"],
    [counts.cancelled, "cancelled"],
    [notNeeded, "not needed"],
  ] as const;
  const shown = parts.filter(([count, word]) => count > 0 || (word === "ok" && counts.failed + counts.skipped === 0));
  return shown.map(([count, word]) => `${count} ${word}`).join(` ${glyphs.dot} `);
}

/** `failed in 3.0s`, `is paused after 0.5s`: what became of the run, and when. */
export function outcomeText(state: State, durationMs: number): string {
  const outcome = OUTCOMES[state.type] ?? (isFailed(state) ? "failed in" : "succeeded in");
  return `${outcome} ${formatDuration(durationMs)}`;
}

const OUTCOMES: Readonly<Partial<Record<State["type"], string>>> = {
  Crashed: "crashed after",
  Cancelled: "was cancelled after",
  Paused: "is paused after",
  TimedOut: "timed out after",
  Skipped: "was skipped after",
};
