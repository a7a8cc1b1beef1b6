/** Longest text of an error that a message carries; the middle goes first. */
const LONGEST = 20_000;

/** An error's whole text, with its stack and what caused it; `undefined` for what is no error. */
export function detailOf(result: unknown): string | undefined {
  if (!(result instanceof Error)) return undefined;
  const parts: string[] = [];
  for (let at: unknown = result; at instanceof Error && parts.length < 5; at = at.cause) {
    parts.push(at.stack ?? `${at.name}: ${at.message}`);
  }
  return cut(parts.join("\nCaused by: "));
}

function cut(text: string): string {
  if (text.length <= LONGEST) return text;
  const half = LONGEST / 2;
  return `${text.slice(0, half)}\n… ${String(text.length - LONGEST)} characters cut …\n${text.slice(-half)}`;
}
