import { LONG_ENOUGH, SHORTEST } from "./secret-variants.ts";

/** A stretch of a text that shows a secret; `end` is exclusive. */
export interface SecretRange {
  readonly start: number;
  end: number;
  /** Name of the secret at its beginning. */
  readonly name: string;
}

/** A text to look for, and the secret it shows. */
export interface Needle {
  readonly text: string;
  readonly name: string;
}

/** Finds secrets in texts. Made anew when a secret is added; it holds no state of its own. */
export interface SecretMatcher {
  /** Stretches that show a secret and begin before `limit`, in order; those that touch or overlap are joined. */
  find(text: string, limit: number): readonly SecretRange[];
  /** Where the text's end may turn out to be the beginning of a secret; its length where it cannot. */
  undecidedFrom(text: string, from: number): number;
}

/** A scan looks for so much of the beginning of each text; the rest is compared where that was found. */
const KEY_LENGTH = 32;

/**
 * Compiles what is to be found into one alternation of literal beginnings, longest
 * first: one pass over a text without secrets, whatever their number.
 */
export function compileMatcher(needles: readonly Needle[]): SecretMatcher {
  const byBeginning = groupByBeginning(needles);
  const keys = [...new Set(needles.map((each) => each.text.slice(0, KEY_LENGTH)))].sort((a, b) => b.length - a.length);
  const scan = new RegExp(keys.map(literally).join("|"), "g");
  const longest = Math.max(...needles.map((each) => each.text.length));
  const beginnings = new Set(needles.flatMap(({ text }) => [1, 2, 3].map((length) => text.slice(0, length))));

  const longestAt = (text: string, at: number): Needle | undefined =>
    byBeginning
      .get(text.slice(at, at + SHORTEST))
      ?.find((each) => text.startsWith(each.text, at) && standsAlone(text, at, each.text));

  const mayBegin = (text: string, at: number): boolean => {
    const left = text.length - at;
    if (left < SHORTEST) return beginnings.has(text.slice(at));
    const candidates = byBeginning.get(text.slice(at, at + SHORTEST));
    if (candidates === undefined) return false;
    const rest = text.slice(at);
    // A short one that ends with the text waits for the next character: it may be part of a longer word.
    return candidates.some(
      (each) => each.text.startsWith(rest) && (each.text.length > left || each.text.length < LONG_ENOUGH),
    );
  };

  return {
    find(text, limit) {
      const ranges: SecretRange[] = [];
      scan.lastIndex = 0;
      for (let hit = scan.exec(text); hit !== null && hit.index < limit; hit = scan.exec(text)) {
        const start = hit.index;
        // Every position is tried, so that secrets which overlap are all found.
        scan.lastIndex = start + 1;
        const needle = longestAt(text, start);
        if (needle === undefined) continue;
        const end = start + needle.text.length;
        const last = ranges.at(-1);
        if (last !== undefined && start <= last.end) last.end = Math.max(last.end, end);
        else ranges.push({ start, end, name: needle.name });
      }
      return ranges;
    },
    undecidedFrom(text, from) {
      for (let at = Math.max(from, text.length - longest); at < text.length; at += 1) {
        if (mayBegin(text, at)) return at;
      }
      return text.length;
    },
  };
}

/** Longest first within each group, so that the first that fits covers the most. */
function groupByBeginning(needles: readonly Needle[]): ReadonlyMap<string, readonly Needle[]> {
  const groups = new Map<string, Needle[]>();
  for (const needle of [...needles].sort((a, b) => b.text.length - a.text.length)) {
    const key = needle.text.slice(0, SHORTEST);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [needle]);
    else group.push(needle);
  }
  return groups;
}

/** A short text counts only as a whole word; a long one counts anywhere. */
function standsAlone(text: string, at: number, needle: string): boolean {
  if (needle.length >= LONG_ENOUGH) return true;
  const before = /^\w/.test(needle) && /\w/.test(text.charAt(at - 1));
  const after = /\w$/.test(needle) && /\w/.test(text.charAt(at + needle.length));
  return !before && !after;
}

function literally(text: string): string {
  return text.replaceAll(/[\\^$.*+?()[\]{}|/-]/g, "\\$&");
}
