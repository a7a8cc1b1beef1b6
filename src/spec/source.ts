import type { Diagnostic } from "../model/error.ts";

/** Where a value stands: names of keys and indices of items, from the top. */
export type Path = readonly (string | number)[];

/** A stretch of a text, in UTF-16 code units from its start. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

/** A text that was read into plain data, with the place of everything in it. */
export interface Source {
  readonly file: string;
  readonly text: string;
  readonly value: unknown;
  /** The same, with a `WrittenNumber` for each number whose spelling is not its own. @default value */
  readonly written?: unknown;
  /** The span of the value at a path; of its nearest parent where there is none. */
  valueAt(path: Path): Span;
  /** The span of the key that ends a path. */
  keyAt(path: Path): Span;
  /** Where the content of a text begins and how it is written: with `verbatim`, offsets in it are offsets in the file. */
  scalarAt(path: Path): { readonly start: number; readonly verbatim: boolean; readonly indent: number } | undefined;
}

/** What `diagnose` adds to a place. */
export interface Finding {
  readonly code: string;
  readonly message: string;
  readonly severity?: Diagnostic["severity"];
  readonly help?: string | undefined;
}

/** Makes a diagnostic with line, column and source line out of a span of a text. */
export function diagnose(file: string, text: string, span: Span, finding: Finding): Diagnostic {
  const start = Math.min(Math.max(span.start, 0), text.length);
  const lineStart = start === 0 ? 0 : text.lastIndexOf("\n", start - 1) + 1;
  const lineEnd = text.indexOf("\n", start);
  const sourceLine = text.slice(lineStart, lineEnd === -1 ? text.length : lineEnd).replace(/\r$/, "");
  const column = Math.min(start - lineStart, sourceLine.length) + 1;
  return {
    code: finding.code,
    severity: finding.severity ?? "error",
    message: finding.message,
    file,
    line: countLines(text, lineStart),
    column,
    length: Math.max(1, Math.min(span.end, lineStart + sourceLine.length) - start),
    sourceLine: sourceLine.slice(0, 10_000),
    ...(finding.help === undefined ? {} : { help: finding.help }),
  };
}

function countLines(text: string, end: number): number {
  let lines = 1;
  for (let at = text.indexOf("\n"); at !== -1 && at < end; at = text.indexOf("\n", at + 1)) lines += 1;
  return lines;
}
