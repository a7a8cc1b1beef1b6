/** A character for people may be many code points; one that takes more UTF-16 units than this may be cut inside. */
const MAX_CLUSTER_UNITS = 64;

/**
 * Returns the last place at or before `limit` where a text can be cut without breaking what a reader sees as one
 * character: an emoji of several parts, a letter with marks, a flag.
 *
 * @param limit in UTF-16 units
 */
export function graphemeBoundary(text: string, limit: number): number {
  if (limit <= 0) return 0;
  if (limit >= text.length) return text.length;
  if (isPlain(text, limit - 1) && isPlain(text, limit)) return limit;
  // Every cluster starts after such a letter, however long the text before it is.
  let start = limit;
  while (start > 0 && !isPlain(text, start) && limit - start < 8 * MAX_CLUSTER_UNITS) start -= 1;
  const near = text.slice(start, limit + MAX_CLUSTER_UNITS);
  const cluster = segmenter()
    .segment(near)
    .containing(limit - start);
  const boundary = start + (cluster?.index ?? 0);
  return limit - boundary > MAX_CLUSTER_UNITS ? codePointBoundary(text, limit) : boundary;
}

/** Whether the text has a printable ASCII character there: no mark joins it to what is before it. */
function isPlain(text: string, at: number): boolean {
  const code = text.charCodeAt(at);
  return code >= 0x20 && code < 0x7f;
}

function codePointBoundary(text: string, limit: number): number {
  return /[\uD800-\uDBFF]/.test(text.charAt(limit - 1)) ? limit - 1 : limit;
}

let made: Intl.Segmenter | undefined;

function segmenter(): Intl.Segmenter {
  return (made ??= new Intl.Segmenter(undefined, { granularity: "grapheme" }));
}
