const LINE = /^\s*(?:export\s+)?([A-Za-z_]\w*)\s*=\s*(?:'([^']*)'|"((?:[^"\\]|\\.)*)"|([^#\n\r]*?))\s*(?:#.*)?$/gm;
const ESCAPES: Readonly<Record<string, string>> = { n: "\n", r: "\r", t: "\t" };

/** The variables of a dotenv file: `NAME=value`, with quotes and comments; nothing is expanded. */
export function parseDotenv(text: string): Readonly<Record<string, string>> {
  const found: Record<string, string> = {};
  for (const [, name, single, double, bare] of text.replace(/^\uFEFF/, "").matchAll(LINE))
    if (name !== undefined)
      found[name] = single ?? double?.replace(/\\(.)/g, (_, char: string) => ESCAPES[char] ?? char) ?? bare ?? "";
  return found;
}
