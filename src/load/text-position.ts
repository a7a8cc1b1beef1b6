import type { Diagnostic } from "../model/error.ts";

/** Line and column (from 1) and the line's text of a place in a text. */
export function textPosition(
  text: string,
  offset: number,
): Required<Pick<Diagnostic, "line" | "column" | "sourceLine">> {
  const before = text.slice(0, offset);
  const start = before.lastIndexOf("\n") + 1;
  const end = text.indexOf("\n", start);
  return {
    line: before.split("\n").length,
    column: offset - start + 1,
    sourceLine: text.slice(start, end === -1 ? undefined : end).replace(/\r$/, ""),
  };
}

/**
 * Where a module names another: its `import`, `export … from` or `require`.
 *
 * @returns nothing where it is not in the text as it is (an expression, an alias)
 */
export function specifierPosition(text: string, specifier: string): Partial<Diagnostic> {
  const match = new RegExp(
    `(?:\\bfrom|\\bimport|\\bimport\\s*\\(|\\brequire\\s*\\()\\s*(["'\`])${literal(specifier)}\\1`,
  ).exec(text);
  if (match === null) return {};
  const offset = match.index + match[0].length - specifier.length - 2;
  return { ...textPosition(text, offset), length: specifier.length + 2 };
}

/** Where a name is imported: the name itself, before the specifier that it comes from. */
export function importedNamePosition(text: string, specifier: string, name: string): Partial<Diagnostic> {
  const word = new RegExp(`(?<![\\w$])${literal(name)}(?![\\w$])`);
  for (const match of text.matchAll(
    new RegExp(`\\b(?:import|export)\\b([^'"\`;]*)from\\s*(["'])${literal(specifier)}\\2`, "g"),
  )) {
    const found = word.exec(match[0]);
    if (found !== null) return { ...textPosition(text, match.index + found.index), length: name.length };
  }
  return specifierPosition(text, specifier);
}

/** A text as a pattern of itself. */
function literal(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
}
