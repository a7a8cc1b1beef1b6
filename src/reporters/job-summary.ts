import { graphemeBoundary } from "../model/grapheme.ts";
import { formatDuration } from "../model/duration.ts";
import { isFailed, isSuccessful, type State } from "../model/state.ts";
import { labelOf, type Counts, type Failure } from "../model/tally.ts";
import { cleanText } from "./clean-text.ts";
import type { OutputTail } from "./output-tail.ts";
import { glyphsOf } from "./palette.ts";
import type { RunReport } from "./reporter.ts";
import { countsText, failureText, outcomeText } from "./wording.ts";

/** What a job summary is made of. */
export interface JobSummaryInput {
  readonly report: RunReport;
  readonly state: State;
  readonly counts: Counts;
  readonly tasks: readonly {
    readonly task: string;
    readonly state: string;
    readonly ms: number;
    readonly attempts: number;
  }[];
  readonly failures: readonly Failure[];
  readonly tail: OutputTail;
}

/** GitHub takes 1 MiB of one step. */
const LIMIT = 900_000;
const EXCERPTS = 10;

/** A run as Markdown for a job's summary page: the verdict, the tasks, the end of what failed. */
export function jobSummary(input: JobSummaryInput): string {
  const { report, state, counts, tasks, failures } = input;
  const sign = isSuccessful(state) ? "✅" : isFailed(state) ? "❌" : "⚠️";
  const counted = countsText(counts, 0, glyphsOf(true));
  const head = `### ${sign} ${markdown(report.flow)} ${outcomeText(state, report.durationMs)}\n\n${counted} · run \`${report.runId}\`\n`;
  const rows = tasks.map(
    (each) => `| ${markdown(each.task)} | ${each.state} | ${formatDuration(each.ms)} | ${each.attempts} |`,
  );
  const table = ["", "| task | state | time | attempts |", "| --- | --- | --- | --- |", ...rows, ""].join("\n");
  const excerpts = failures.slice(0, EXCERPTS).map((each) => excerpt(each, input.tail));
  const told = report.notifications.map((each) => `- ${markdown(each)}\n`).join("");
  const text = `${head}${table}${excerpts.join("")}${told}\n`;
  return text.length > LIMIT ? `${text.slice(0, graphemeBoundary(text, LIMIT))}\n\n… cut\n` : text;
}

function excerpt(failed: Failure, tail: OutputTail): string {
  const label = labelOf(failed);
  const lines = tail.of(label).lines.map(cleanText);
  const head = `\n**${markdown(label)}**: ${markdown(failureText(failed))}\n`;
  if (lines.length === 0) return head;
  const text = lines.join("\n");
  // A fence that no run of back-ticks in the text can close.
  const longest = Math.max(2, ...Array.from(text.matchAll(/`+/g), ([ticks]) => ticks.length));
  const fence = "`".repeat(longest + 1);
  return `${head}\n${fence}\n${text}\n${fence}\n`;
}

function markdown(text: string): string {
  return cleanText(text).replace(/[\\`*_{}[\]<>#|~]/g, (letter) => `\\${letter}`);
}
