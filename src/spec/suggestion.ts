import { nearest } from "../authoring/nearest.ts";

/** `did you mean "x"?`, or all names where none is near and they are few. */
export function suggestion(word: string, names: readonly string[]): string | undefined {
  const near = nearest(word, names) ?? names.find((name) => letters(name) === letters(word)) ?? endOf(word, names);
  if (near !== undefined) return `did you mean "${near}"?`;
  return names.length === 0 || names.length > 20 ? undefined : `known: ${names.join(", ")}`;
}

/** The only name that ends in the word: `emailTo` for `to`. */
function endOf(word: string, names: readonly string[]): string | undefined {
  if (word.length < 2) return undefined;
  const end = word.charAt(0).toUpperCase() + word.slice(1);
  const [found, ...others] = names.filter((name) => name.endsWith(end));
  return others.length === 0 ? found : undefined;
}

/** Two words with the same letters are one with some swapped. */
function letters(word: string): string {
  return Array.from(word.toLowerCase()).sort().join("");
}
