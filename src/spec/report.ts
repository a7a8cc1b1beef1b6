import type { Diagnostic } from "../model/error.ts";
import { valueAt } from "./problems.ts";
import { diagnose, type Finding, type Path, type Source, type Span } from "./source.ts";

/** Gathers what is wrong with a source, each at its place. */
export class Report {
  readonly diagnostics: Diagnostic[] = [];
  readonly source: Source;

  constructor(source: Source) {
    this.source = source;
  }

  /** The value at a path, with the spelling of its numbers. */
  written(path: Path): unknown {
    const { written, value } = this.source;
    return valueAt(written ?? value, path);
  }

  /** Something is wrong with the value at a path. */
  value(path: Path, finding: Finding): void {
    this.#add(this.source.valueAt(path), finding);
  }

  /** Something is wrong with the key that ends a path. */
  key(path: Path, finding: Finding): void {
    this.#add(this.source.keyAt(path), finding);
  }

  /** Something is wrong with a part of the text at a path, by offsets in the text as it was read. */
  part(path: Path, text: string, span: Span, finding: Finding): void {
    this.#add(this.#within(path, text, span), finding);
  }

  get hasErrors(): boolean {
    return this.diagnostics.some((each) => each.severity === "error");
  }

  #add(span: Span, finding: Finding): void {
    this.diagnostics.push(diagnose(this.source.file, this.source.text, span, finding));
  }

  #within(path: Path, text: string, span: Span): Span {
    const scalar = this.source.scalarAt(path);
    const length = span.end - span.start;
    if (scalar?.verbatim === true) return { start: scalar.start + span.start, end: scalar.start + span.end };
    if (scalar === undefined || scalar.indent === 0) return this.source.valueAt(path);
    const before = text.slice(0, span.start).split("\n");
    let line = scalar.start;
    for (let left = before.length - 1; left > 0; left -= 1) line = this.source.text.indexOf("\n", line) + 1;
    const start = line + scalar.indent + (before.at(-1)?.length ?? 0);
    return { start, end: start + length };
  }
}
