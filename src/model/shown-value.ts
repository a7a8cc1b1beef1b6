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
    const text = JSON.stringify(value, (_key, each: unknown) =>
      typeof each === "string" ? redact(each) : typeof each === "bigint" ? String(each) : each,
    ) as string | undefined;
    if (text === undefined) return null;
    return text.length > LONGEST ? `(${text.length} characters of JSON: too long to be shown)` : JSON.parse(text);
  } catch {
    return "(a value that JSON cannot say)";
  }
}
