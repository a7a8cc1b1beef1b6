import { isUtf8 } from "node:buffer";
import { readFileSync, statSync } from "node:fs";
import { userError } from "../model/error.ts";

/** Stands in the decoded text for every byte that is no UTF-8. */
const REPLACEMENT = "\uFFFD";
const ENCODED_REPLACEMENT = Buffer.from(REPLACEMENT);

/**
 * Refuses a file whose bytes are not UTF-8 text: what was decoded of it is not what is written there.
 *
 * @param text what was decoded
 * @throws UserError "usage" with line and column
 */
export function requireUtf8(file: string, text: string): void {
  const at = statSync(file).isFile() ? firstReplaced(readFileSync(file), text) : text.indexOf(REPLACEMENT);
  if (at === -1) return;
  const before = text.slice(0, at).split("\n");
  throw userError("usage", "NOT_UTF8", "the file is no UTF-8 text", {
    file,
    line: before.length,
    column: (before.at(-1)?.length ?? 0) + 1,
    help: `save it as UTF-8: iconv -f latin1 -t utf-8 ${file}`,
  });
}

/** The place of the first character that stands for a wrong byte; it may also be written in the file itself. */
function firstReplaced(bytes: Buffer, text: string): number {
  if (isUtf8(bytes)) return -1;
  let [offset, from] = [0, 0];
  for (let at = text.indexOf(REPLACEMENT); at !== -1; at = text.indexOf(REPLACEMENT, from)) {
    // Up to here text and bytes are the same.
    offset += Buffer.byteLength(text.slice(from, at));
    if (!bytes.subarray(offset, offset + ENCODED_REPLACEMENT.length).equals(ENCODED_REPLACEMENT)) return at;
    offset += ENCODED_REPLACEMENT.length;
    from = at + 1;
  }
  return -1;
}
