import stringWidth from "string-width";
import { formatDuration } from "../model/duration.ts";
import { isFailed, isSuccessful, state, type StateType } from "../model/state.ts";
import { labelOf } from "../model/tally.ts";
import { cleanLine } from "../model/clean.ts";
import { firstLine } from "../reporters/clean-text.ts";
import type { Palette } from "../reporters/palette.ts";
import type { RunRecord } from "../runs/run-record.ts";
import { shownState } from "../runs/select-run.ts";

/** One run as a row of a table. */
export interface RunRow {
  readonly run: string;
  readonly flow: string;
  readonly state: StateType;
  /** Epoch milliseconds. */
  readonly startedAt: number;
  readonly durationMs: number | undefined;
  readonly note: string;
}

const HEADER = ["RUN", "FLOW", "STATE", "STARTED", "TOOK", "NOTE"] as const;

/** What a list says of a run: for the note, the first task that failed by itself, or else its message. */
export function rowOf(record: RunRecord): RunRow {
  const { will, end } = record;
  return {
    run: will.runId,
    flow: cleanLine(will.flow),
    state: shownState(record),
    startedAt: Date.parse(will.startedAt),
    durationMs: end?.durationMs,
    note: noteOf(record),
  };
}

function noteOf({ will, end }: RunRecord): string {
  const link = linkOf(will);
  const what = troubleOf(end);
  return link !== "" && what !== "" ? `${what} (${link})` : `${what}${link}`;
}

/** Which other run it belongs to. */
function linkOf({ parent, retryOf }: RunRecord["will"]): string {
  if (parent !== undefined) return `in run ${parent.runId}`;
  return retryOf === undefined ? "" : `retry of ${retryOf}`;
}

function troubleOf(end: RunRecord["end"]): string {
  if (end === undefined || isSuccessful(state(end.state as "Success"))) return "";
  const first = end.failures.find((each) => each.causedBy === undefined);
  const what = first === undefined ? (end.message ?? "") : `${labelOf(first)}: ${first.message ?? first.type}`;
  return firstLine(end.reason === undefined ? what : `refused: ${what}`);
}

/** Rows for programs: columns with tabs between, times in ISO 8601. */
export function separatedRows(rows: readonly RunRow[], withHeader: boolean): string {
  const lines = rows.map((row) =>
    [
      row.run,
      row.flow,
      row.state,
      new Date(row.startedAt).toISOString(),
      row.durationMs === undefined ? "" : (row.durationMs / 1000).toFixed(1),
      row.note,
    ]
      .map((cell) => cell.replaceAll("\t", " "))
      .join("\t"),
  );
  return [...(withHeader ? [HEADER.join("\t")] : []), ...lines].map((line) => `${line}\n`).join("");
}

/** Rows for people: aligned, coloured, times near to now. */
export function runTable(
  rows: readonly RunRow[],
  options: { readonly palette: Palette; readonly now: number; readonly columns: number },
): string {
  const { palette, now } = options;
  const cells = rows.map((row) => [
    row.run,
    row.flow,
    row.state,
    nearTime(row.startedAt, now),
    row.durationMs === undefined ? "" : formatDuration(row.durationMs),
    row.note,
  ]);
  const widths = HEADER.map((title, column) =>
    Math.max(title.length, ...cells.map((line) => stringWidth(line[column] ?? ""))),
  );
  const line = (parts: readonly string[], tint: (text: string, column: number) => string): string =>
    parts
      .map((part, column) => tint(column === parts.length - 1 ? part : pad(part, widths[column] ?? 0), column))
      .join("  ")
      .trimEnd();
  const tinted = rows.map((row, index) =>
    line(cells[index] ?? [], (text, column) => (column === 2 ? colour(row.state, palette)(text) : text)),
  );
  return [line([...HEADER], (text) => palette.dim(text)), ...tinted].map((each) => `${each}\n`).join("");
}

function pad(text: string, width: number): string {
  return text + " ".repeat(Math.max(width - stringWidth(text), 0));
}

function colour(type: StateType, palette: Palette): (text: string) => string {
  const subject = state(type as "Success");
  if (isFailed(subject)) return palette.red;
  return isSuccessful(subject) ? palette.green : palette.yellow;
}

/** `today 02:15`, `yesterday 02:15`, `Mon 02:15` within a week, else the date. */
export function nearTime(at: number, now: number): string {
  const date = new Date(at);
  const two = (value: number): string => String(value).padStart(2, "0");
  const time = `${two(date.getHours())}:${two(date.getMinutes())}`;
  const midnight = new Date(now);
  midnight.setHours(0, 0, 0, 0);
  const days = Math.ceil((midnight.getTime() - at) / 86_400_000);
  if (days <= 0) return `today ${time}`;
  if (days === 1) return `yesterday ${time}`;
  if (days < 7) return `${["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"][date.getDay()] ?? ""} ${time}`;
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())} ${time}`;
}
