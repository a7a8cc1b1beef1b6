import { parse } from "dotenv";

/** A place in a dotenv file where text would be lost or kept by mistake. It never quotes a value. */
export interface DotenvProblem {
  /** From 1. */
  readonly line: number;
  /** From 1, in UTF-16 units. */
  readonly column: number;
  /** One sentence without its full stop. */
  readonly message: string;
  readonly help: string;
}

export type Dotenv = { readonly values: Readonly<Record<string, string>> } | { readonly problem: DotenvProblem };

/** As dotenv reads an entry: the name, the value with its quotes, the comment. */
const ENTRY =
  /^\s*(?:export\s+)?(?<name>[\w.-]+)(?:\s*=\s*?|:\s+?)(?<value>\s*'(?:\\'|[^'])*'|\s*"(?:\\"|[^"])*"|\s*`(?:\\`|[^`])*`|[^#\r\n]+)?\s*(?<comment>#.*)?$/dgm;
const QUOTED = /^(['"`])([^]*)\1$/;
/** A line inside quotes that is an entry by its looks; the last line of a key in Base64 is none. */
const ENTRY_INSIDE = /\n[ \t]*(?:export\s+)?([A-Za-z_][\w.-]*)=(?=[^=\s])/;

/**
 * Reads a dotenv file: `NAME=value` lines with quotes and comments; nothing is expanded. The library `dotenv` reads it.
 * What it would lose without a word is a problem instead: a `#` without a space before it, a quote that is not closed,
 * an escaped quote, a line that is no entry.
 */
export function readDotenv(text: string): Dotenv {
  const clean = text.replace(/^\uFEFF/, "").replace(/\r\n?/g, "\n");
  const found = findProblem(clean);
  if (found === undefined) return { values: parse(clean) };
  const before = clean.slice(0, found.at).split("\n");
  const { message, help } = found;
  return { problem: { line: before.length, column: (before.at(-1)?.length ?? 0) + 1, message, help } };
}

interface Found {
  /** An offset in the text. */
  readonly at: number;
  readonly message: string;
  readonly help: string;
}

function findProblem(text: string): Found | undefined {
  let end = 0;
  for (const entry of text.matchAll(ENTRY)) {
    const problem = strayLine(text, end, entry.index) ?? problemOf(entry);
    if (problem !== undefined) return problem;
    end = entry.index + entry[0].length;
  }
  return strayLine(text, end, text.length);
}

/** A line between two entries that is neither blank nor a comment. */
function strayLine(text: string, from: number, to: number): Found | undefined {
  const stray = /^[ \t]*(?=[^\s#])/m.exec(text.slice(from, to));
  if (stray === null) return undefined;
  const help = "write NAME=value, or # before a comment";
  return { at: from + stray.index + stray[0].length, message: "this line is not NAME=value", help };
}

function problemOf({ groups = {}, indices, input }: RegExpExecArray): Found | undefined {
  const { name = "", value = "", comment } = groups;
  const places = indices?.groups ?? {};
  const comes = places["comment"]?.[0] ?? 0;
  const shown = value.trim();
  const at = (places["value"]?.[0] ?? 0) + (value.length - value.trimStart().length);
  const quoted = QUOTED.exec(shown);
  if (quoted === null && /^['"`]/.test(shown)) {
    const message = `the value of ${name} begins with a quote, and does not end with it`;
    return { at, message, help: "close the quote, or put the whole value into other quotes" };
  }
  if (comment !== undefined && !/\s/.test(input.charAt(comes - 1))) {
    const message = `the value of ${name} has a "#" without a space before it, and what follows would be lost`;
    return { at: comes, message, help: `write ${name}="…" if the # is part of the value, else a space before the #` };
  }
  const [, quote = "", content = ""] = quoted ?? [];
  const escape = quoted === null ? -1 : content.indexOf(`\\${quote}`);
  if (escape >= 0) {
    const message = `the value of ${name} has \\${quote} inside quotes, and the backslash would stay in it`;
    return { at: at + 1 + escape, message, help: `put the value into other quotes: ' or " or \`` };
  }
  const inside = quoted === null ? null : ENTRY_INSIDE.exec(content);
  if (inside === null) return undefined;
  const message = `the value of ${name} begins with a quote that closes only after ${inside[1] ?? ""}=`;
  return { at, message, help: "close the quote on the line where the value ends" };
}
