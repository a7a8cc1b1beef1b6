import { ENOUGH_BYTES } from "./byte-unit.ts";
import { skippable, type Pattern } from "./patterns.ts";

const SPACE = 0x20;
const PLUS = 0x2b;
const NEWLINE = 0x0a;
const ASCII = 0x80;
const ZERO = 0x30;
/** Escapes of characters that do not hold the character itself begin with one of these. */
const ESCAPES = [0x5c, 0x60, 0x25, 0x3d, 0x26];

/**
 * Proves of most texts that they show no secret, without an automaton: a byte is missing that every spelling of a
 * pattern has. It says "may show" wherever it cannot prove that.
 */
export class Sieve {
  readonly #patterns: readonly Pattern[];
  /** By ASCII character: whether the text has it. */
  readonly #has = new Uint8Array(ASCII);

  constructor(patterns: readonly Pattern[]) {
    this.#patterns = patterns;
  }

  /** Whether the text may show a secret. */
  mayShow(text: string): boolean {
    const has = this.#has.fill(0);
    for (let at = 0; at < text.length; at += 1) {
      const code = text.charCodeAt(at);
      if (code < ASCII) has[code] = 1;
    }
    const isEscaped = ESCAPES.some((each) => has[each] === 1);
    for (const each of this.#patterns) if (mayBeShown(each, has, isEscaped)) return true;
    return false;
  }
}

function mayBeShown(pattern: Pattern, has: Uint8Array, isEscaped: boolean): boolean {
  const { kind, text, enough } = pattern;
  const first = skippable(pattern);
  switch (kind) {
    case "characters":
    case "quoted":
      if (isEscaped) return true;
      // By UTF-16 unit: those of one character beyond ASCII prove nothing.
      for (let at = 0; at < text.length; at += 1) if (!mayHaveCharacter(text.charCodeAt(at), has)) return false;
      return true;
    case "base64":
      for (let at = first; at < enough; at += 1) {
        const code = text.charCodeAt(at);
        if (has[code] !== 1 && isLetterOrDigit(code)) return false;
      }
      return true;
    case "hex":
    case "decimal": {
      const end = Math.min(enough, ENOUGH_BYTES);
      for (let at = first; at < end; at += 1) {
        const byte = text.charCodeAt(at);
        if (!(kind === "hex" ? hasHex(byte, has) : hasDecimal(byte, has))) return false;
      }
      return true;
    }
  }
}

function mayHaveCharacter(code: number, has: Uint8Array): boolean {
  return code >= ASCII || code === NEWLINE || has[code] === 1 || (code === SPACE && has[PLUS] === 1);
}

function hasHex(byte: number, has: Uint8Array): boolean {
  return hasHexDigit(byte >> 4, has) && hasHexDigit(byte & 15, has);
}

function hasHexDigit(digit: number, has: Uint8Array): boolean {
  // a is 0x61, A is 0x41.
  return digit < 10 ? has[ZERO + digit] === 1 : has[0x57 + digit] === 1 || has[0x37 + digit] === 1;
}

/** A byte beyond 127 has two spellings. */
function hasDecimal(byte: number, has: Uint8Array): boolean {
  if (byte >= ASCII) return true;
  if (byte >= 100 && has[ZERO + 1] !== 1) return false;
  return has[ZERO + (byte % 10)] === 1 && (byte < 10 || has[ZERO + (Math.floor(byte / 10) % 10)] === 1);
}

function isLetterOrDigit(code: number): boolean {
  return (code >= 0x30 && code <= 0x39) || (code >= 0x41 && code <= 0x5a) || (code >= 0x61 && code <= 0x7a);
}
