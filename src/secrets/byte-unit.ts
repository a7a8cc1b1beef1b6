import { characterUnit } from "./character-unit.ts";
import { END_OF_MATCH, Unit } from "./unit.ts";

/** From here on a secret whose rest is cut off (`... 12 more bytes`) counts as found. */
export const ENOUGH_BYTES = 8;
/**
 * A line break within a secret is looked for from here on: a line that ends with a letter which may begin the base64
 * of a secret must not wait for the next line. A secret may begin after a line break with any of these characters.
 */
export const FIRST_BREAK = { base64: 3, hex: 2, decimal: 2 } as const;

const PADDING = ["=", "%3D", "%3d", "%253D", "\\u003d", "\\u003D", "&#61;", "&#x3D;", "&#x3d;", "&equals;"];
/** Line breaks as other texts write them, and what stands for one where lines were joined. */
const WRITTEN_BREAKS = [
  " ",
  "\\n",
  "\\r\\n",
  "\\\\n",
  "\\\\r\\\\n",
  "%0A",
  "%0a",
  "%0D%0A",
  "%0d%0a",
  "&#10;",
  "&#xA;",
];

/**
 * A character of base64 or base64url, with the line breaks that may stand before it.
 * @param index its place in the text; padding has line breaks of no kind
 */
export function base64Unit(letter: string, index: number): Unit {
  const unit = letter === "+" || letter === "/" ? characterUnit(letter, { isQuotedOnly: false }) : new Unit();
  if (letter === "=") unit.spell(PADDING);
  else unit.spell([letter, ...(letter === "+" ? ["-"] : letter === "/" ? ["_"] : [])]);
  if (index === 0 || letter === "=") return unit;
  const body = new Map(unit.edges[0]);
  const hasBreaks = index >= FIRST_BREAK.base64;
  const breaks = hasBreaks ? [...WRITTEN_BREAKS, "\r\n", "\n", "\r"] : WRITTEN_BREAKS;
  for (const each of breaks) unit.continueWith(unit.path(each), body);
  if (hasBreaks) for (const each of ["\r\n", "\n"]) unit.repeat(unit.path(each), " \t");
  return unit;
}

/** A byte as two hexadecimal digits, with what may stand before them: blanks, `:`, `-`, `,`, quotes, `\x`, `0x`. */
export function hexUnit(byte: number, index: number): Unit {
  const unit = new Unit();
  const hex = byte.toString(16).padStart(2, "0");
  unit.spell([hex, hex.toUpperCase(), mixed(hex, 0), mixed(hex, 1)]);
  if (index === 0) return unit;
  const digits = new Map(unit.edges[0]);
  for (const prefix of ["\\x", "\\\\x", "0x", "0X"]) unit.continueWith(unit.path(prefix), digits);
  const body = new Map(unit.edges[0]);
  addSeparators(unit, { index, body, firstBreak: FIRST_BREAK.hex, blanks: " \t:-\"'" });
  return unit;
}

function mixed(hex: string, upper: number): string {
  return Array.from(hex, (digit, at) => (at === upper ? digit.toUpperCase() : digit)).join("");
}

/** A byte as a decimal number (Java's are signed), with the commas and blanks that must stand before it. */
export function decimalUnit(byte: number, index: number): Unit {
  const unit = new Unit();
  const spellings = [String(byte), ...(byte > 127 ? [String(byte - 256)] : [])];
  if (index === 0) {
    unit.spell(spellings);
    return unit;
  }
  // The number is reached through a separator only.
  const number = unit.node();
  unit.spell(spellings, number);
  const body = new Map(unit.edges[number]);
  const separator = addSeparators(unit, { index, body, firstBreak: FIRST_BREAK.decimal, blanks: " \t;" });
  // The keys of `JSON.stringify(bytes)`: `{"0":119,"1":74}`.
  const key = unit.path('"', separator);
  unit.repeat(key, "0123456789");
  unit.link(unit.path('"', key), { byte: ":", to: separator });
  return unit;
}

/**
 * Adds what may stand before a byte: blanks, commas, and line breaks, before `firstBreak` only after a comma.
 * @returns the node behind a comma
 */
function addSeparators(
  unit: Unit,
  options: { index: number; body: ReadonlyMap<number, number>; firstBreak: number; blanks: string },
): number {
  const { index, body, firstBreak, blanks } = options;
  const afterComma = unit.node(body);
  const afterBlank = index < firstBreak ? unit.node(body) : afterComma;
  for (const each of `${blanks}\r\n,`) unit.link(afterComma, { byte: each, to: afterComma });
  for (const node of new Set([0, afterBlank])) {
    for (const each of blanks) unit.link(node, { byte: each, to: afterBlank });
    unit.link(node, { byte: ",", to: afterComma });
    if (afterBlank === afterComma) for (const each of "\r\n") unit.link(node, { byte: each, to: afterComma });
  }
  if (index >= ENOUGH_BYTES) unit.link(unit.path("..", afterComma), { byte: ".", to: END_OF_MATCH });
  return afterComma;
}
