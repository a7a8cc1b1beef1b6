/** How many characters of JSON a value may have to be shown and kept. */
const LONGEST = 64 * 1024;

/**
 * A value as plain data that may be shown and kept: what JSON can say, its texts
 * without secrets; of a value that is too long, or that JSON cannot say, only that.
 */
export function shownValue(value: unknown, redact: (text: string) => string): unknown {
  if (value === null || value === undefined) return null;
  try {
    // Redacted before it is escaped, text by text: an escaped secret looks like another text.
    const text = JSON.stringify(value, (_key, each: unknown) => {
      if (typeof each === "string") return redact(each);
      return typeof each === "number" || typeof each === "bigint" ? maskedNumber(each, redact) : each;
    }) as string | undefined;
    if (text === undefined) return null;
    return text.length > LONGEST ? `(${text.length} characters of JSON: too long to be shown)` : JSON.parse(text);
  } catch {
    return "(a value that JSON cannot say)";
  }
}

/** A number as it is, or as masked text if its digits show a secret; a bigint becomes text, which JSON can say. */
export function maskedNumber(value: number | bigint, redact: (text: string) => string): string | number {
  const text = String(value);
  const masked = redact(text);
  return masked === text && typeof value === "number" ? value : masked;
}

/** JSON text without secrets: each of its texts is masked by itself, and a number that shows one becomes text. */
export function maskedJson(json: string, redact: (text: string) => string): string {
  return json.replace(/"(?:[^"\\]|\\.)*"|-?\d[\d.eE+-]*/g, (token) => {
    const text = token.startsWith('"') ? (JSON.parse(token) as string) : token;
    const masked = redact(text);
    return masked === text ? token : JSON.stringify(masked);
  });
}
