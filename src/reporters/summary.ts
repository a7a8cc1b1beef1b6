import stringWidth from "string-width";
import { formatDuration } from "../model/duration.ts";
import { exactJson } from "../model/exact-json.ts";
import { isSuccessful, type State } from "../model/state.ts";
import { labelOf, type Failure, type Tally } from "../model/tally.ts";
import { cleanText } from "./clean-text.ts";
import { errorPlace, showPlace } from "./error-place.ts";
import { NOTHING, type OutputTail } from "./output-tail.ts";
import type { Glyphs, Palette } from "./palette.ts";
import type { RunReport } from "./reporter.ts";
import { countsText, failureText, outcomeText, skipReason } from "./wording.ts";

/** What a run's last lines are made of. */
export interface SummaryInput {
  /** The run's last state. */
  readonly state: State;
  readonly tally: Tally;
  readonly tail: OutputTail;
  /** Errors of failed tasks, by label. */
  readonly errors: ReadonlyMap<string, unknown>;
  readonly report: RunReport;
  readonly palette: Palette;
  readonly glyphs: Glyphs;
  /** Characters in a line; 0 where there is no limit. */
  readonly width: number;
  readonly cwd: string;
}

/** Failures that are shown whole. */
const SHOWN = 5;
const SKIPPED = 5;

/**
 * A run's last lines: two at most for a run that went well, else what failed and the end
 * of its output, the verdict, and what to type next.
 */
export function summaryLines(input: SummaryInput): readonly string[] {
  return isSuccessful(input.state) ? success(input) : failure(input);
}

function success(input: SummaryInput): string[] {
  const { palette, glyphs, report } = input;
  const notifications = report.notifications.map(cleanText).join("   ");
  const lines = [` ${palette.green(glyphs.ok)} ${verdict(input)}`];
  if (input.state.result !== null) lines.push(`   result: ${cleanText(resultText(input))}`);
  if (notifications !== "") lines.push(`   ${notifications}`);
  return lines;
}

function resultText({ state, width, glyphs }: SummaryInput): string {
  const text = typeof state.result === "string" ? state.result : exactJson(state.result);
  return cut(text.replaceAll(/\s*\n\s*/g, " "), width > 0 ? Math.max(width - 12, 20) : 500, glyphs);
}

function failure(input: SummaryInput): string[] {
  const { tally, palette, glyphs, report, state } = input;
  const own = tally.failures.filter((each) => each.causedBy === undefined);
  const followed = tally.failures.filter((each) => each.causedBy !== undefined);
  const lines = own.slice(0, SHOWN).flatMap((each) => failedTask(each, input));
  const hidden = tally.counts.failed - Math.min(own.length, SHOWN);
  if (hidden > 0) lines.push(`   ${glyphs.more} and ${hidden} more: flowctl runs show ${report.runId}`);
  for (const each of followed.slice(0, SKIPPED)) {
    const why = skipReason({ ...each, to: each });
    lines.push(` ${palette.dim(glyphs.skip)} ${labelOf(each)} skipped${why.startsWith("because") ? "" : ":"} ${why}`);
  }
  if (followed.length > SKIPPED) lines.push(`   ${glyphs.more} and ${followed.length - SKIPPED} more skipped`);
  if (lines.length > 0) lines.push("");
  const sign =
    state.type === "Cancelled" || state.type === "Paused" ? palette.yellow(glyphs.skip) : palette.red(glyphs.fail);
  lines.push(` ${sign} ${verdict(input)}`);
  // Where no task failed by its function, only the run's own message says why.
  if (own.every(({ type }) => type === "TriggerFailed") && state.message !== null)
    lines.push(...indented(cleanLines(state.message), "   "));
  lines.push(...report.notifications.map((each) => `   ${cleanText(each)}`));
  const wrote = own.filter((each) => input.tail.of(labelOf(each)) !== NOTHING);
  if (wrote.length > 0) lines.push(`   log:     flowctl runs logs ${report.runId} ${logOf(wrote, own)}`);
  if (state.type === "Paused") lines.push(...resumeLines(input));
  else if (state.type === "Cancelled") lines.push(`   go on:   flowctl runs resume ${report.runId}`);
  else if (own.length > 0) lines.push(`   again:   flowctl runs retry ${report.runId}`);
  return lines;
}

/** What to type for each task that waits: a prompt wants a text, everything else an approval. */
function resumeLines({ tally, report }: SummaryInput): readonly string[] {
  const command = `   go on:   flowctl runs resume ${report.runId}`;
  const prompts = tally.paused.filter((each) => each.wanted !== undefined);
  const texts = prompts.map(
    ({ label, wanted = "" }) => `--input ${quoted(`${label}=TEXT`)}${wanted === "" ? "" : `   (${cleanText(wanted)})`}`,
  );
  const approval = tally.paused.length > prompts.length || prompts.length === 0 ? ["--approve"] : [];
  return [...approval, ...texts].map((option) => `${command} ${option}`);
}

/** Whose log to look at: the failed task's, or that of all that failed. */
function logOf(wrote: readonly Failure[], failed: readonly Failure[]): string {
  const [only] = wrote;
  return only === undefined || failed.length > 1 ? "--failed" : quoted(labelOf(only));
}

function verdict({ tally, state, report, palette, glyphs }: SummaryInput): string {
  const what = `${palette.bold(cleanText(report.flow))} ${outcomeText(state, report.durationMs)}`;
  return `${what}   ${countsText(tally.counts, tally.notNeeded.length, glyphs)}   ${palette.dim(`run ${report.runId}`)}`;
}

function failedTask(failed: Failure, input: SummaryInput): string[] {
  const { palette, glyphs, tail, errors, cwd, width } = input;
  const label = labelOf(failed);
  const error = errors.get(label);
  const head = ` ${palette.red(glyphs.fail)} ${palette.bold(label)} ${glyphs.into} ${failureText(failed)} (${formatDuration(failed.durationMs)})`;
  const place = errorPlace(error);
  const lines = [place === undefined ? head : `${head}  ${palette.dim(showPlace(place, cwd))}`];
  // Of a message of several lines the first stands above.
  const rest = cleanLines(failed.message ?? "").slice(1, 11);
  const { lines: written, earlier } = tail.of(label);
  const body = [...rest, ...(earlier > 0 ? [`${glyphs.more} ${earlier} earlier lines`] : []), ...written];
  const limit = width > 0 ? Math.max(width - 6, 20) : 500;
  lines.push(...body.map((line) => `   ${palette.dim(glyphs.bar)} ${cut(cleanText(line), limit, glyphs)}`));
  return lines;
}

function cleanLines(text: string): string[] {
  return text.split("\n").map(cleanText);
}

function indented(lines: readonly string[], by: string): string[] {
  return lines.slice(0, 20).map((line) => `${by}${line}`);
}

/** Only what a shell would read otherwise is quoted. */
function quoted(word: string): string {
  return /^[\w.:/@%+-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}

/** Cuts by the width that a terminal shows, not by letters. */
export function cut(text: string, width: number, glyphs: Glyphs): string {
  if (text.length <= width && stringWidth(text) <= width) return text;
  let kept = "";
  let used = glyphs.more.length;
  for (const letter of text) {
    used += stringWidth(letter);
    if (used > width) break;
    kept += letter;
  }
  return `${kept}${glyphs.more}`;
}
