import { exactJson } from "../model/exact-json.ts";
import { WrittenNumber } from "../model/written-number.ts";

/** One `${{ … }}` in a text. */
export interface Hole {
  /** The expression, without white space around it. */
  readonly code: string;
  /** Where the expression begins in the text. */
  readonly codeStart: number;
  /** The whole of it, with its braces. */
  readonly start: number;
  readonly end: number;
}

/** A text with expressions in it. `$${{` stands for the characters `${{`. */
export interface Template {
  readonly text: string;
  readonly holes: readonly Hole[];
  /** Where an expression begins that never ends. */
  readonly unclosed?: number;
}

/** Finds the expressions of a text. Braces and quotes inside of an expression are its own. */
export function parseTemplate(text: string): Template {
  const holes: Hole[] = [];
  let from = 0;
  for (;;) {
    const start = text.indexOf("${{", from);
    if (start === -1) return { text, holes };
    if (text[start - 1] === "$") {
      from = start + 3;
      continue;
    }
    const close = closing(text, start + 3);
    if (close === -1) return { text, holes, unclosed: start };
    const raw = text.slice(start + 3, close);
    const codeStart = start + 3 + (raw.length - raw.trimStart().length);
    holes.push({ code: raw.trim(), codeStart, start, end: close + 2 });
    from = close + 2;
  }
}

function closing(text: string, from: number): number {
  let depth = 0;
  let quote = "";
  for (let at = from; at < text.length; at += 1) {
    const char = text[at] ?? "";
    if (quote !== "") {
      if (char === "\\") at += 1;
      else if (char === quote) quote = "";
      else if (char === "\n") return -1;
    } else if (char === '"' || char === "'") quote = char;
    else if (char === "{") depth += 1;
    else if (char === "}") {
      if (depth === 0) return text[at + 1] === "}" ? at : -1;
      depth -= 1;
    }
  }
  return -1;
}

/** The text between expressions, with `$${{` as what it stands for. */
export function literal(text: string): string {
  return text.replaceAll("$${{", "${{");
}

/** Whether a text is one expression and nothing else: it then keeps its type. */
export function isWhole(template: Template): boolean {
  const [hole] = template.holes;
  return template.holes.length === 1 && hole?.start === 0 && hole.end === template.text.length;
}

/** A point in time, of whichever realm. */
export function isMoment(value: unknown): value is { toISOString(): string } {
  return Object.prototype.toString.call(value) === "[object Date]";
}

/** @throws Error for bytes that are no UTF-8 text */
function textOfBytes(bytes: Uint8Array): string {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw new Error(`${bytes.length} bytes that are no UTF-8 text cannot stand in a text: give them to stdin:, alone`);
  }
}

/** How a value reads inside of a text: maps and lists as JSON, nothing as no text. */
export function asText(value: unknown): string {
  if (value === null || value === undefined) return "";
  if (value instanceof Error) return value.message;
  if (typeof value === "string") return value;
  if (isMoment(value)) return value.toISOString();
  if (value instanceof Uint8Array) return textOfBytes(value);
  if (value instanceof WrittenNumber) return value.text;
  return typeof value === "object" ? exactJson(value) : `${value as number}`;
}
