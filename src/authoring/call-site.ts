declare const FLOWCTL_BUNDLED: boolean | undefined;

/** A place in a person's file. */
export interface Place {
  readonly file: string;
  /** From 1. */
  readonly line: number;
  /** From 1. */
  readonly column: number;
}

const OURS = new URL(typeof FLOWCTL_BUNDLED === "undefined" ? "../" : "./", import.meta.url).href;
/** So many frames are looked at: Node's own limit of 10 may hold nothing but the library's. */
const STACK_FRAMES = 30;
const FRAME = /^\s+at .*?\(?((?:file:\/\/)?(?:\/|[A-Za-z]:[\\/])[^()]*?):(\d+):(\d+)\)?$/;

/**
 * Where the person's code called the library: the innermost place on the stack
 * that is neither ours nor Node's. Fields to spread into a diagnostic.
 */
export function callSite(): Partial<Place> {
  return markCallSite()() ?? {};
}

/** Remembers the place, and finds out where that is when it is asked: that takes longer than most flows do to build. */
export function markCallSite(
  /** Calls from this function on are left out, as those of a class's own constructors. */
  above: object = markCallSite,
): () => Place | undefined {
  const holder: { stack?: string } = {};
  const { stackTraceLimit } = Error;
  Error.stackTraceLimit = STACK_FRAMES;
  Error.captureStackTrace(holder, above as () => unknown);
  Error.stackTraceLimit = stackTraceLimit;
  return () => placeIn(holder.stack ?? "");
}

function placeIn(stack: string): Place | undefined {
  for (const line of stack.split("\n")) {
    const [, where, row, column] = FRAME.exec(line) ?? [];
    if (where === undefined || row === undefined || column === undefined) continue;
    const url = where.startsWith("file:") ? where : `file://${where.startsWith("/") ? "" : "/"}${where}`;
    if (url.startsWith(OURS) || url.includes("/node_modules/")) continue;
    const file = decodeURIComponent(new URL(url).pathname).replace(/^\/([A-Za-z]:)/, "$1");
    return { file, line: Number(row), column: Number(column) };
  }
  return undefined;
}
