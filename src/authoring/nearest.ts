import { closest, distance } from "fastest-levenshtein";

/** The candidate a person most likely meant by a misspelt word; `undefined` where none is near. */
export function nearest(word: string, candidates: readonly string[]): string | undefined {
  if (candidates.length === 0) return undefined;
  const found = closest(
    word.toLowerCase(),
    candidates.map((each) => each.toLowerCase()),
  );
  const original = candidates.find((each) => each.toLowerCase() === found);
  // One letter for another is another name, not a slip; two that changed places are one slip, and not two.
  const slips = distance(word.toLowerCase(), found) - (letters(word) === letters(found) ? 1 : 0);
  const allowed = Math.min(word.length - 1, Math.max(1, Math.floor(word.length / 3)));
  return slips <= allowed ? original : undefined;
}

function letters(word: string): string {
  return Array.from(word.toLowerCase()).sort().join("");
}
