import { cut, plain } from "./cut.ts";

const HEAD = 3;
const TAIL = 12;
const LINE = 240;

/**
 * The part of an error text that people read: its first 3 and last 12 lines,
 * each at most 240 characters, and in all at most `limit`; what is left out is
 * counted.
 */
export function excerpt(detail: string, limit: number): string {
  const lines = plain(detail).replace(/\s+$/, "").split("\n");
  const short = lines.length <= HEAD + TAIL + 1;
  const head = short ? lines : lines.slice(0, HEAD);
  const tail = short ? [] : lines.slice(-TAIL);
  return fit(head.map(cutLine), tail.map(cutLine), lines.length, limit);
}

const cutLine = (line: string): string => cut(line, LINE);

/** Takes lines from the tail's top, then from the head's end, until the rest fits. */
function fit(head: readonly string[], tail: readonly string[], total: number, limit: number): string {
  for (let drop = 0; drop < head.length + tail.length; drop += 1) {
    const first = head.slice(0, head.length - Math.max(0, drop - tail.length));
    const last = tail.slice(Math.min(drop, tail.length));
    const missing = total - first.length - last.length;
    const mark = missing === 0 ? [] : [`… ${missing} ${missing === 1 ? "line" : "lines"} cut …`];
    const text = [...first, ...mark, ...last].join("\n");
    if (text.length <= limit) return text;
  }
  return cut(head[0] ?? "", limit);
}
