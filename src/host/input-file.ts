import { closeSync, constants, fstatSync, openSync, readSync } from "node:fs";
import { errorCode } from "./error-code.ts";

/** How long a pipe may give nothing before it is an error, and how often it is asked. */
const PIPE_SILENCE_MS = 60_000;
const PIPE_POLL_MS = 10;

/**
 * Returns the text of a regular file, or of a pipe or device, read to its end.
 * @throws an error with the code `EISDIR`, `EFBIG` beyond `limit` bytes, or `EFTYPE` for a pipe that nobody writes to
 */
export function readInputFile(path: string, limit: number): string {
  const file = openSync(path, constants.O_RDONLY | ((constants.O_NONBLOCK as number | undefined) ?? 0));
  try {
    const stat = fstatSync(file);
    if (stat.isDirectory()) throw fileError("EISDIR", `a directory, read '${path}'`, path);
    const chunks: Buffer[] = [];
    let length = 0;
    let silent = 0;
    for (;;) {
      const chunk = Buffer.allocUnsafe(65_536);
      const read = readNow(file, chunk);
      if (read === undefined) {
        silent += PIPE_POLL_MS;
        if (silent > PIPE_SILENCE_MS) throw fileError("EFTYPE", `nobody writes to the pipe, read '${path}'`, path);
        Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, PIPE_POLL_MS);
        continue;
      }
      if (read === 0) break;
      silent = 0;
      chunks.push(chunk.subarray(0, read));
      length += read;
      if (length > limit) throw fileError("EFBIG", `file too large, read '${path}'`, path);
    }
    if (length === 0 && stat.isFIFO() && !path.startsWith("/dev/") && !path.startsWith("/proc/"))
      throw fileError("EFTYPE", `nobody writes to the pipe, read '${path}'`, path);
    return Buffer.concat(chunks).toString("utf8");
  } finally {
    closeSync(file);
  }
}

/** Reads without waiting. @returns how many bytes, 0 at the end; undefined where a pipe has none now */
function readNow(file: number, into: Buffer): number | undefined {
  try {
    return readSync(file, into);
  } catch (error) {
    if (errorCode(error) === "EAGAIN") return undefined;
    throw error;
  }
}

/** An error in the shape of Node's own. */
export function fileError(code: string, text: string, path: string): Error {
  return Object.assign(new Error(`${code}: ${text}`), { code, syscall: "open", path });
}
