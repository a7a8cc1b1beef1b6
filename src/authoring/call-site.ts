const PLACE = /\(?((?:file:\/\/)?[^\s()]+?):(\d+):\d+\)?$/;

/**
 * Where a function of the library was called from.
 * @param called that function; frames above it are left out
 */
export function callSite(called: unknown): { readonly file: string; readonly line?: number } | undefined {
  const holder: { stack?: string } = {};
  Error.captureStackTrace(holder, called as () => unknown);
  const frame = holder.stack?.split("\n").find((line) => /^\s+at /.test(line));
  const found = PLACE.exec(frame ?? "");
  if (!found?.[1] || !found[2] || found[1].startsWith("node:")) return undefined;
  const path = found[1].startsWith("file://") ? decodeURIComponent(new URL(found[1]).pathname) : found[1];
  return { file: path.replace(/^\/([A-Za-z]:)/, "$1"), line: Number(found[2]) };
}
