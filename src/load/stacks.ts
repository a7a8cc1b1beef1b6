import { SourceMap } from "node:module";
import { pathToFileURL } from "node:url";
import type { SourceMap as Payload } from "oxc-transform";

interface Place {
  readonly line: number;
  readonly column: number;
}

const maps = new Map<string, { readonly payloads: readonly Payload[]; parsed?: readonly SourceMap[] }>();

/** Makes stacks that pass through a module show the person's lines: now, and later inside task bodies. */
export function mapStacks(file: string, payloads: readonly Payload[]): void {
  maps.set(file, { payloads });
  Error.prepareStackTrace = render;
}

/** Whether a file is one that we transformed. */
export function isMapped(file: string): boolean {
  return maps.has(file);
}

/** Where in the person's text something is. Lines and columns from 1. */
export function originalPlace(file: string, place: Place): Place {
  const entry = maps.get(file);
  if (entry === undefined) return place;
  entry.parsed ??= entry.payloads.map(
    (payload) => new SourceMap({ file, sourceRoot: "", sourcesContent: [], ...payload }),
  );
  let { line, column } = place;
  for (const map of entry.parsed.toReversed()) {
    const found = map.findEntry(line - 1, column - 1);
    if (!("originalLine" in found)) continue;
    line = found.originalLine + 1;
    column = found.originalColumn + 1;
  }
  return { line, column };
}

/** V8's own rendering, with places mapped and the names that our transform made taken out. */
function render(error: Error, frames: readonly NodeJS.CallSite[]): string {
  // Anything can have a stack captured on it, with or without a message.
  const message: unknown = error.message;
  if (typeof message === "string" && message.includes("__vite_ssr")) error.message = plainNames(message);
  const head = plainNames(attemptText(error));
  const lines = frames.map((frame) => `\n    at ${renderFrame(frame)}`).filter((line) => !line.includes("__flowctl_"));
  return head + lines.join("");
}

function renderFrame(frame: NodeJS.CallSite): string {
  const file = frame.getFileName();
  const text = renderPlain(frame);
  if (typeof file !== "string" || !maps.has(file)) return text;
  const line = frame.getLineNumber();
  const column = frame.getColumnNumber();
  if (line === null || column === null) return plainNames(text);
  const place = originalPlace(file, { line, column });
  // The module itself is a function of ours: its frame is the person's top level.
  if (text.includes("__flowctl_")) return `${pathToFileURL(file).href}:${place.line}:${place.column}`;
  return plainNames(text.replace(`:${line}:${column}`, `:${place.line}:${place.column}`));
}

function attemptText(error: Error): string {
  try {
    return Error.prototype.toString.call(error);
  } catch {
    return "Error";
  }
}

/** Names that are ours in a message of V8's: `(0 , __vite_ssr_import_0__.load) is not a function`. */
export function plainNames(text: string): string {
  return text
    .replace(/\(0 ?, ?__vite_ssr_import_\d+__\.([\w$]+)\)/g, "$1")
    .replace(/__vite_ssr_import_\d+__\./g, "")
    .replace(/__vite_ssr_export_default__/g, "default");
}

/** A frame's `toString` is V8's rendering, which its type does not say. */
function renderPlain(frame: { toString(): string }): string {
  return frame.toString();
}
