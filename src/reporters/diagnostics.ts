import { relative } from "node:path";
import { clean, cleanLine } from "../model/clean.ts";
import type { Diagnostic } from "../model/error.ts";
import { commandData, commandProperty } from "../model/workflow-commands.ts";

/** The colours a rendered diagnostic uses; an instance of chalk fits. */
export interface Paint {
  readonly red: (text: string) => string;
  readonly yellow: (text: string) => string;
  readonly cyan: (text: string) => string;
  readonly dim: (text: string) => string;
  readonly bold: (text: string) => string;
}

const same = (text: string): string => text;
/** No colour at all. */
export const PLAIN: Paint = { red: same, yellow: same, cyan: same, dim: same, bold: same };

/** How many characters of a source line are shown. */
const WIDTH = 120;
const WIDE = /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]/;

/**
 * Renders diagnostics for a terminal or a log: code and sentence, place, the
 * line with a caret under what is meant, and what to type next.
 *
 * @param cwd paths inside it are shown relative to it
 */
export function renderDiagnostics(
  diagnostics: readonly Diagnostic[],
  options: { readonly cwd?: string; readonly paint?: Paint } = {},
): string {
  const paint = options.paint ?? PLAIN;
  return diagnostics.map((each) => renderOne(each, options.cwd, paint)).join("\n");
}

function renderOne(diagnostic: Diagnostic, cwd: string | undefined, paint: Paint): string {
  const tint = diagnostic.severity === "error" ? paint.red : paint.yellow;
  const [first = "", ...rest] = clean(diagnostic.message).split("\n");
  const lines = [`${tint(`${diagnostic.severity}[${diagnostic.code}]`)}: ${paint.bold(first)}`, ...rest];
  const number = String(diagnostic.line ?? "");
  const gutter = " ".repeat(number.length);
  if (diagnostic.file !== undefined) lines.push(`  ${paint.cyan("-->")} ${place(diagnostic, cwd)}`);
  if (diagnostic.sourceLine !== undefined && diagnostic.line !== undefined) {
    const frame = cut(diagnostic.sourceLine, diagnostic.column ?? 1, diagnostic.length ?? 1);
    lines.push(`  ${paint.dim(`${number} |`)} ${frame.text}`.trimEnd());
    if (diagnostic.column !== undefined)
      lines.push(`  ${paint.dim(`${gutter} |`)} ${frame.indent}${tint("^".repeat(frame.length))}`);
  }
  if (diagnostic.help !== undefined)
    lines.push(
      ...clean(diagnostic.help)
        .split("\n")
        .map((text, index) => (index === 0 ? `  ${paint.cyan("help")}: ${text}` : `        ${text}`)),
    );
  return `${lines.join("\n")}\n`;
}

/** `file:line:column`, with what is known of it; inside `cwd` the path is relative. */
export function place(diagnostic: Diagnostic, cwd?: string): string {
  const position = [diagnostic.line, diagnostic.column].filter((each) => each !== undefined);
  return [cleanLine(shownPath(diagnostic.file ?? "", cwd)), ...position].join(":");
}

/** A path as people see it: inside of `cwd` relative to it. */
export function shownPath(file: string, cwd: string | undefined): string {
  if (cwd === undefined) return file;
  const path = relative(cwd, file);
  return path === "" || path.startsWith("..") ? file : path;
}

/** The part of a long line that the caret is in, and the white space that puts the caret under it. */
function cut(line: string, column: number, length: number): { text: string; indent: string; length: number } {
  const start = line.length > WIDTH && column > WIDTH - 40 ? column - 40 : 0;
  const dots = start > 0 ? "…" : "";
  const part = line.slice(start, start + WIDTH);
  const end = start + WIDTH < line.length ? "…" : "";
  const before = dots + part.slice(0, Math.max(column - 1 - start, 0));
  const indent = Array.from(clean(before), (char) => (char === "\t" ? "\t" : WIDE.test(char) ? "  " : " ")).join("");
  const room = Math.max(part.length - (column - 1 - start), 1);
  return { text: clean(dots + part + end), indent, length: Math.max(Math.min(length, room), 1) };
}

/**
 * Renders diagnostics as GitHub Actions annotations, one line each.
 *
 * GitHub shows ten of a kind for one step: what is beyond the limit is counted in the last.
 * Source: GitHub, workflow commands; escapes of data and of properties.
 */
export function annotateDiagnostics(
  diagnostics: readonly Diagnostic[],
  options: { readonly workspace?: string; readonly limit?: number } = {},
): readonly string[] {
  const limit = options.limit ?? 10;
  const kept = diagnostics.length > limit ? diagnostics.slice(0, limit - 1) : diagnostics;
  const lines = kept.map((each) => annotation(each, options.workspace));
  const left = diagnostics.length - kept.length;
  if (left > 0) lines.push(`::error title=flowctl::${String(left)} more problems: see the log`);
  return lines;
}

function annotation(diagnostic: Diagnostic, workspace: string | undefined): string {
  const properties = [
    ...(diagnostic.file === undefined
      ? []
      : [`file=${commandProperty(cleanLine(shownPath(diagnostic.file, workspace)))}`]),
    ...(diagnostic.line === undefined ? [] : [`line=${String(diagnostic.line)}`]),
    ...(diagnostic.column === undefined ? [] : [`col=${String(diagnostic.column)}`]),
    `title=${commandProperty(diagnostic.code)}`,
  ];
  const text = diagnostic.help === undefined ? diagnostic.message : `${diagnostic.message}\n${diagnostic.help}`;
  return `::${diagnostic.severity} ${properties.join(",")}::${commandData(clean(text))}`;
}

/** The object of a diagnostic under `--json`. */
export function diagnosticJson(diagnostic: Diagnostic): Readonly<Record<string, unknown>> {
  const { code, severity, message, file, line, column, help } = diagnostic;
  return { code, severity, message, file, line, column, help };
}
