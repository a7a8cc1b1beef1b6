import { parse, stringify } from "lossless-json";
import { WrittenNumber } from "./written-number.ts";

/** What JSON.parse may change: an integer beyond 2^53, or a number beyond the range of a double. */
const MAY_CHANGE = /\d{16}|[eE]\+?\d{3}/;

/**
 * Parses JSON without rounding integers: one beyond 2^53 becomes a bigint. Decimals are doubles, as everywhere in JSON.
 *
 * @throws SyntaxError if the text is not JSON; RangeError if a number is beyond the range of a double
 */
export function parseExactJson(text: string): unknown {
  const value: unknown = JSON.parse(text);
  if (!MAY_CHANGE.test(text)) return value;
  return parse(text, null, { parseNumber: exactNumber, onDuplicateKey: ({ newValue }) => newValue });
}

/** The exact value of an integer; the nearest double of any other number. */
function exactNumber(text: string): number | bigint {
  const value = Number(text);
  if (!Number.isFinite(value)) throw new RangeError(`the number ${text.slice(0, 40)} is too large`);
  return /^-?\d+$/.test(text) && !Number.isSafeInteger(value) ? BigInt(text) : value;
}

/** A bigint if the integer is beyond 2^53, else the number. */
export function exactInteger(value: bigint): number | bigint {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value;
}

type Replacer = (key: string, value: unknown) => unknown;

/** A value as JSON text. A bigint is the integer that it is; a written number keeps its spelling if JSON allows it. */
export function exactJson(value: unknown, replacer?: Replacer, space?: number): string {
  try {
    if (!WrittenNumber.exists) return JSON.stringify(value, replacer, space);
  } catch (error) {
    if (!(error instanceof TypeError) || !error.message.includes("BigInt")) throw error;
  }
  return stringify(value, replacer, space, [WRITTEN]) as string;
}

/** A value as indented JSON that ends in a line break. */
export function prettyJson(value: unknown): string {
  return `${exactJson(value, undefined, 2)}\n`;
}

const JSON_NUMBER = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/;
const WRITTEN = {
  test: (value: unknown) => value instanceof WrittenNumber,
  stringify: (value: unknown) => {
    const { text, value: number } = value as WrittenNumber;
    return JSON_NUMBER.test(text) ? text : String(number);
  },
};
