/** How many characters of JSON a value may have to be shown and kept. */
const LONGEST = 64 * 1024;

/**
 * A value as plain data that may be shown and kept: what JSON can say, its texts
 * without secrets; of a value that is too long, or that JSON cannot say, only that.
 */
export function shownValue(value: unknown, redact: (text: string) => string): unknown {
  if (value === null || value === undefined) return null;
  try {
    const json = JSON.stringify(value, (_key, each: unknown) => (typeof each === "bigint" ? String(each) : each)) as
      string | undefined;
    if (json === undefined) return null;
    if (json.length > LONGEST) return `(${json.length} characters of JSON: too long to be shown)`;
    return JSON.parse(maskedJson(json, redact)) as unknown;
  } catch {
    return "(a value that JSON cannot say)";
  }
}

/**
 * Returns JSON text without secrets. Each text and key is masked as it was before it was escaped: an escaped secret looks
 * like another text. A number that shows a secret becomes text.
 */
export function maskedJson(json: string, redact: (text: string) => string): string {
  return json.replace(/"(?:[^"\\]|\\.)*"|-?\d[\d.eE+-]*/g, (token) => {
    const text = unescaped(token);
    const masked = redact(text);
    return masked === text ? token : JSON.stringify(masked);
  });
}

/** The text that a token of JSON stands for; the token itself where it is a number or no JSON. */
function unescaped(token: string): string {
  if (!token.startsWith('"')) return token;
  try {
    return JSON.parse(token) as string;
  } catch {
    return token;
  }
}
