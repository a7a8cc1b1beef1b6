import { distance } from "fastest-levenshtein";

/**
 * The name that was most likely meant, for "did you mean".
 *
 * @returns `undefined` where nothing is near: a third of the letters may differ, at most three
 */
export function nearest(word: string, names: Iterable<string>): string | undefined {
  let best: string | undefined;
  let least = Math.min(3, Math.max(1, Math.floor(word.length / 3))) + 1;
  for (const name of names) {
    const apart = distance(word.toLowerCase(), name.toLowerCase());
    if (apart < least) [best, least] = [name, apart];
  }
  return best;
}

/** `did you mean "x"?`, or the whole list where nothing is near and it is short. */
export function suggestion(word: string, names: readonly string[]): string | undefined {
  const near = nearest(word, names);
  if (near !== undefined) return `did you mean "${near}"?`;
  return names.length === 0 || names.length > 12 ? undefined : `known: ${names.join(", ")}`;
}
