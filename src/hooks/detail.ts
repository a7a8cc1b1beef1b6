import { graphemeBoundary } from "../model/grapheme.ts";

/** Longest text of an error that a message carries; the middle goes first. */
const LONGEST = 20_000;

/** An error's whole text, with its stack and what caused it; `undefined` for what is no error. */
export function detailOf(result: unknown): string | undefined {
  if (!(result instanceof Error)) return undefined;
  const parts: string[] = [];
  for (let at: unknown = result; at instanceof Error && parts.length < 5; at = at.cause) {
    parts.push(at.stack === undefined ? `${at.name}: ${at.message}` : withoutOurFrames(at.stack));
  }
  return cut(parts.join("\nCaused by: "));
}

/** Where this code is, as stacks name it: the bundle's directory, or `src`. */
const HERE = new globalThis.URL(import.meta.url.includes("/hooks/") ? ".." : ".", import.meta.url);
const OURS = [HERE.href, globalThis.decodeURIComponent(HERE.pathname), "node:internal", "node:async_hooks"];

/** What called the person's code is of no use to them: the frames below the last of their own go. */
function withoutOurFrames(stack: string): string {
  const lines = stack.split("\n");
  const isFrame = (line: string): boolean => /^\s+at /.test(line);
  const last = lines.findLastIndex((line) => isFrame(line) && !OURS.some((each) => line.includes(each)));
  return last === -1 ? stack : lines.filter((line, index) => index <= last || !isFrame(line)).join("\n");
}

function cut(text: string): string {
  if (text.length <= LONGEST) return text;
  const half = LONGEST / 2;
  const [head, tail] = [graphemeBoundary(text, half), graphemeBoundary(text, text.length - half)];
  return `${text.slice(0, head)}\n… ${String(tail - head)} characters cut …\n${text.slice(tail)}`;
}
