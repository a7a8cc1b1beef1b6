import { isUtf8 } from "node:buffer";
import { parseExactJson } from "../model/exact-json.ts";
import { writtenSize } from "../model/size.ts";

/** How standard output becomes a value: its text, the value of its JSON, its lines, its bytes, or nothing. */
export type Capture = "text" | "json" | "lines" | "bytes" | "none";

/** The standard output of a program, and what is to become of it. */
export interface CapturedOutput {
  readonly stdout: Buffer;
  /** Whether there was more of it than `maxOutput`. */
  readonly isCut: boolean;
  readonly maxOutput: number;
  readonly capture: Capture;
  /** Whether something uses the value. */
  readonly isRead: boolean;
  readonly warn: (text: string) => void;
}

/**
 * Reads standard output as a value. Output that is too long is cut after a whole line, with a warning.
 *
 * @throws Error if the value is used, and was cut or is no UTF-8 text; or if it is no JSON
 */
export function readCaptured(output: CapturedOutput): unknown {
  const { capture, isRead, isCut, maxOutput, warn } = output;
  if (capture === "none") return null;
  if (isCut) {
    const what = `standard output is longer than maxOutput (${writtenSize(maxOutput)})`;
    const help = "raise maxOutput: 16MiB, or write to a file";
    if (isRead || capture === "json") throw new Error(`${what}, and is used: ${help}`);
    warn(`${what}, and only its beginning is kept as the value: ${help}`);
  }
  if (capture === "bytes") return new Uint8Array(output.stdout);
  const stdout = isCut ? output.stdout.subarray(0, output.stdout.lastIndexOf("\n") + 1) : output.stdout;
  if (!isUtf8(stdout)) {
    const why = `standard output is no UTF-8 text (${firstInvalid(stdout)})`;
    const help = "capture: bytes keeps it as it is";
    if (isRead || capture === "json") throw new Error(`${why}, and is used: ${help}`);
    warn(`${why}: ${help}`);
  }
  const text = stdout.toString("utf8").replace(/\r?\n$/, "");
  if (capture === "lines") return text === "" ? [] : text.split(/\r?\n/);
  if (capture === "text") return text;
  try {
    return parseExactJson(text);
  } catch (error) {
    throw new Error(`standard output is not JSON: ${error instanceof Error ? error.message : String(error)}`, {
      cause: error,
    });
  }
}

/** Where the first byte stands that is no UTF-8: `byte 0xff in line 3`. */
export function firstInvalid(bytes: Buffer): string {
  const at = invalidAt(bytes);
  const line = bytes.subarray(0, at).filter((byte) => byte === LINE_FEED).length + 1;
  return `byte 0x${(bytes[at] ?? 0).toString(16).padStart(2, "0")} in line ${line}`;
}

const LINE_FEED = 10;

/** The offset of the first byte that is no UTF-8: found by halving, because a beginning may only be incomplete. */
function invalidAt(bytes: Buffer): number {
  let [low, high] = [0, bytes.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (isValidBeginning(bytes.subarray(0, middle + 1))) low = middle + 1;
    else high = middle;
  }
  // Back to where its character begins.
  while (!isUtf8(bytes.subarray(0, low))) low -= 1;
  return low;
}

/** A character at its end may be incomplete. */
function isValidBeginning(bytes: Buffer): boolean {
  try {
    new TextDecoder("utf-8", { fatal: true }).decode(bytes, { stream: true });
    return true;
  } catch {
    return false;
  }
}
