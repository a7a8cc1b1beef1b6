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

/**
 * Compiles what is to be found. A scan looks at every position through a filter of hashed beginnings, and
 * compares only where one fits: it takes the same time whatever the number of secrets.
 */
export function compileMatcher(needles: readonly Needle[]): SecretMatcher {
  const byBeginning = groupByBeginning(needles);
  const { table, shift, mask } = filterOf(byBeginning);
  const beginnings = new Set<string>();
  for (const each of byBeginning.keys())
    for (let length = 1; length < SHORTEST; length += 1) beginnings.add(each.slice(0, length));
  const characters = new Set<string>();
  let longest = 0;
  for (const { text } of needles) {
    longest = Math.max(longest, text.length);
    for (let at = 0; at < text.length; at += 1) characters.add(text.charAt(at));
  }

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
      let hash = 0;
      for (let at = 0; at < text.length; at += 1) {
        hash = ((hash << shift) ^ text.charCodeAt(at)) & mask;
        if (table[hash] === 0) continue;
        const start = at - SHORTEST + 1;
        if (start >= limit) break;
        // Every position is tried, so that secrets which overlap are all found.
        const needle = start < 0 ? undefined : longestAt(text, start);
        if (needle === undefined) continue;
        const end = start + needle.text.length;
        const last = ranges.at(-1);
        if (last !== undefined && start <= last.end) last.end = Math.max(last.end, end);
        else ranges.push({ start, end, name: needle.name });
      }
      return ranges;
    },
    undecidedFrom(text, from) {
      // A line's end decides, unless a secret has several lines.
      if (!characters.has(text.charAt(text.length - 1))) return text.length;
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

/**
 * A table in which the hashes of all beginnings are marked. The hash of a text's last `SHORTEST` characters comes
 * from that of the position before: what is older has been shifted out of it.
 */
function filterOf(groups: ReadonlyMap<string, unknown>): {
  readonly table: Uint8Array;
  readonly shift: number;
  readonly mask: number;
} {
  const shift = groups.size < 2000 ? 4 : 5;
  const mask = (1 << (shift * SHORTEST)) - 1;
  const table = new Uint8Array(mask + 1);
  for (const beginning of groups.keys()) {
    let hash = 0;
    for (let at = 0; at < beginning.length; at += 1) hash = ((hash << shift) ^ beginning.charCodeAt(at)) & mask;
    table[hash] = 1;
  }
  return { table, shift, mask };
}
