import { hidingProblems } from "./hiding.ts";

/** Largest value that any store takes, in bytes of UTF-8. */
export const LARGEST = 64 * 1024;
/** What fits the Windows credential store. */
const LARGEST_ON_WINDOWS = 2560;

/** Whether a value can be stored. Neither answer ever holds the value. */
export type ValueCheck =
  { readonly ok: true; readonly warnings: readonly string[] } | { readonly ok: false; readonly problem: string };

/** Checks a value before it is stored anywhere. */
export function checkSecretValue(value: string, platform: NodeJS.Platform): ValueCheck {
  const bytes = Buffer.byteLength(value);
  if (value === "") return { ok: false, problem: "the value is empty" };
  if (value.includes("\0"))
    return { ok: false, problem: "the value holds a NUL character, at which keychains cut it off" };
  if (bytes > LARGEST) return { ok: false, problem: `the value has ${bytes} bytes; at most ${LARGEST} can be stored` };
  if (bytes > LARGEST_ON_WINDOWS && platform === "win32") {
    return { ok: false, problem: `the value has ${bytes} bytes; the Windows keychain takes ${LARGEST_ON_WINDOWS}` };
  }
  const warnings = [...hidingProblems(value)];
  if (bytes > LARGEST_ON_WINDOWS) warnings.push(`it has ${bytes} bytes and will not fit the Windows keychain`);
  if (value !== value.trim()) warnings.push("it begins or ends with white space");
  return { ok: true, warnings };
}

/** Text of bytes that a person or a file gave; `undefined` where they are no valid UTF-8. */
export function decodeSecret(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return undefined;
  }
}

/** Piped input without the line break that `echo` and editors put at its end. */
export function withoutTrailingBreak(text: string): string {
  return text.replace(/(?:\r?\n)+$/, "");
}
