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
  const quoted = specifier.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
  const match = new RegExp(`(?:\\bfrom|\\bimport|\\bimport\\s*\\(|\\brequire\\s*\\()\\s*(["'\`])${quoted}\\1`).exec(
    text,
  );
  if (match === null) return {};
  const offset = match.index + match[0].length - specifier.length - 2;
  return { ...textPosition(text, offset), length: specifier.length + 2 };
}

/** Where a name is imported: the name itself, before the specifier that it comes from. */
export function importedNamePosition(text: string, specifier: string, name: string): Partial<Diagnostic> {
  const place = specifierPosition(text, specifier);
  if (place.line === undefined) return {};
  const upTo = text.split("\n").slice(0, place.line).join("\n").length;
  const start = Math.max(text.slice(0, upTo).lastIndexOf("import"), text.slice(0, upTo).lastIndexOf("export"), 0);
  const found = new RegExp(`(?<![\\w$])${name.replace(/\$/g, "\\$")}(?![\\w$])`).exec(text.slice(start, upTo));
  return found === null || name === "default"
    ? place
    : { ...textPosition(text, start + found.index), length: name.length };
}
