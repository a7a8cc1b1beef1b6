import stringWidth from "string-width";
import { formatDuration } from "../model/duration.ts";
import type { Counts } from "../model/tally.ts";
import type { Glyphs, Palette } from "./palette.ts";
import { cut } from "./summary.ts";

/** A task that has started and not ended; a mapped one stands for its children. */
export interface LiveTask {
  readonly name: string;
  /** Epoch milliseconds. */
  readonly since: number;
  /** How many there are; absent for a task that is not mapped. */
  readonly children: number | undefined;
  running: number;
  done: number;
  failed: number;
}

/** What the painted part of the screen is made of. */
export interface LiveRowsInput {
  readonly rows: readonly LiveTask[];
  readonly counts: Counts;
  /** Tasks of the flow, as a person counts them. */
  readonly total: number;
  readonly elapsedMs: number;
  readonly now: number;
  readonly frame: number;
  readonly columns: number;
  /** Rows that may be used. */
  readonly height: number;
  readonly palette: Palette;
  readonly glyphs: Glyphs;
}

/** The rows of what runs now, the oldest first, and one with the whole; never more than there is room for. */
export function liveRows(input: LiveRowsInput): readonly string[] {
  const active = input.rows.filter((row) => row.running > 0);
  const room = Math.max(input.height - 1, 0);
  const shown = active.length > room ? active.slice(0, Math.max(room - 1, 0)) : active;
  const lines = shown.map((row) => taskRow(row, input));
  const hidden = active.length - shown.length;
  if (hidden > 0 && room > 0) lines.push(`   ${input.glyphs.more} ${hidden} more running`);
  return [...lines, totalRow(input)];
}

function taskRow(row: LiveTask, input: LiveRowsInput): string {
  const { palette, glyphs, frame, columns, now } = input;
  const sign = glyphs.spinner[frame % glyphs.spinner.length] ?? "";
  const children =
    row.children !== undefined
      ? `  ${row.done}/${row.children} done${row.failed > 0 ? `  ${row.failed} failed` : ""}  ${row.running} running`
      : "";
  const time = formatDuration(now - row.since);
  const room = Math.max(columns - time.length - 5, 4);
  const text = cut(`${row.name}${children}`, room, glyphs);
  const gap = " ".repeat(Math.max(room - stringWidth(text), 0));
  return ` ${palette.cyan(sign)} ${text}${gap} ${palette.dim(time)}`;
}

function totalRow({ counts, total, rows, elapsedMs, columns, palette, glyphs }: LiveRowsInput): string {
  const ended = counts.ok + counts.failed + counts.skipped + counts.cancelled;
  const running = rows.reduce((sum, row) => sum + row.running, 0);
  const parts = [
    `${ended}/${Math.max(total, ended + running)}`,
    counts.failed > 0 ? `${counts.failed} failed` : "",
    running > 0 ? `${running} running` : "",
    formatDuration(elapsedMs),
  ];
  const text = cut(parts.filter((part) => part !== "").join("  "), Math.max(columns - 2, 4), glyphs);
  const length = Math.max(Math.min(columns - stringWidth(text) - 3, 40), 0);
  return length === 0 ? ` ${text}` : ` ${palette.dim(glyphs.rule.repeat(length))} ${text}`;
}
