import { nearest } from "../authoring/nearest.ts";

/** `did you mean "x"?`, or all names where none is near and they are few. */
export function suggestion(word: string, names: readonly string[]): string | undefined {
  const near = nearest(word, names) ?? names.find((name) => letters(name) === letters(word));
  if (near !== undefined) return `did you mean "${near}"?`;
  return names.length === 0 || names.length > 20 ? undefined : `known: ${names.join(", ")}`;
}

/** Two words with the same letters are one with some swapped. */
function letters(word: string): string {
  return Array.from(word.toLowerCase()).sort().join("");
}
