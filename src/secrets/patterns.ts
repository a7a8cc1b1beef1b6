import { base64Unit, decimalUnit, ENOUGH_BYTES, FIRST_BREAK, hexUnit } from "./byte-unit.ts";
import { characterUnit } from "./character-unit.ts";
import { LONG_ENOUGH, SHORTEST } from "./hiding.ts";
import { partsOfSecret } from "./secret-parts.ts";
import type { Unit } from "./unit.ts";

/** How the units of a pattern are written. */
export type PatternKind = "characters" | "quoted" | "base64" | "hex" | "decimal";

/** One way to write a whole secret or a part of one. */
export interface Pattern {
  readonly name: string;
  readonly kind: PatternKind;
  /** A character for each unit; of bytes, U+0000 to U+00FF. */
  readonly text: string;
  /** As many units are enough; what follows belongs to the match where it is there. */
  readonly enough: number;
}

/** Longer secrets are looked for in pieces, so that what is kept back of a text is bounded. In characters. */
const MAX_LENGTH = 96;
const PIECE = 64;
/** Pieces share so many units, so that a line break between two of them is within one. */
const OVERLAP = 8;

/** Every way in which a secret may be written. One of fewer than four characters has none. */
export function patternsOf(name: string, value: string): readonly Pattern[] {
  if (value.length < SHORTEST) return [];
  return partsOfSecret(value).flatMap((part): readonly Pattern[] => {
    // The matcher passes over carriage returns.
    const text = part.replaceAll("\r", "");
    if (part.length < LONG_ENOUGH) return [{ name, kind: "quoted", text, enough: Array.from(text).length }];
    const isWhole = part === value;
    return [
      ...[text, ...garbled(text, isWhole)].flatMap((each) => pieces(name, "characters", each)),
      ...bytesOf(part, isWhole).flatMap((bytes) => bytePatterns(name, bytes)),
    ];
  });
}

const KINDS: readonly PatternKind[] = ["characters", "quoted", "base64", "hex", "decimal"];
const CODES = 2 ** 21;
/** A slash in base64url. */
const UNDERSCORE = 0x5f;
/** Places from which on the units of a kind are alike. */
const INDEXES = ENOUGH_BYTES + 1;

/** Number of a unit: of its kind, its character, and what its place in the pattern allows before it. */
export function unitKey(kind: PatternKind, code: number, index: number): number {
  const last = kind === "base64" ? FIRST_BREAK.base64 : kind === "hex" || kind === "decimal" ? ENOUGH_BYTES : 0;
  return (KINDS.indexOf(kind) * INDEXES + Math.min(index, last)) * CODES + code;
}

/** Whether a letter, a digit or `_` may begin a unit: most units need not be made to say no. */
export function mayBeginWith(key: number, word: number): boolean {
  const kind = KINDS[Math.floor(key / (CODES * INDEXES))];
  if (kind === "hex" || kind === "decimal") return true;
  return key % CODES === word || (kind === "base64" && word === UNDERSCORE);
}

/** Makes the unit of a key. */
export function unitOf(key: number): Unit {
  const code = key % CODES;
  const rest = Math.floor(key / CODES);
  const index = rest % INDEXES;
  const kind = KINDS[Math.floor(rest / INDEXES)];
  if (kind === "base64") return base64Unit(String.fromCodePoint(code), index);
  if (kind === "hex") return hexUnit(code, index);
  if (kind === "decimal") return decimalUnit(code, index);
  return characterUnit(String.fromCodePoint(code), { isQuotedOnly: kind === "quoted" });
}

/** How many units may be left out where a match begins after a line break. */
export function skippable({ kind, enough }: Pattern): number {
  const first = kind === "characters" || kind === "quoted" ? 1 : FIRST_BREAK[kind];
  return Math.min(first, enough) - 1;
}

/** As a program shows a text that takes it for another encoding than it has. */
function garbled(text: string, isWhole: boolean): readonly string[] {
  const forms: string[] = [];
  if (!ASCII.test(text)) forms.push(Buffer.from(text).toString("latin1"));
  if (isWhole) forms.push(...new Set(utf16Of(text).map((bytes) => withoutOuterZero(bytes).toString())));
  // Of a text that no longer says anything nothing needs to be hidden.
  return forms.filter((form) => form.replaceAll(/[\0\ufffd]/g, "").length >= SHORTEST);
}

const ASCII = /^[\0-\x7f]*$/;

function bytesOf(text: string, isWhole: boolean): readonly Buffer[] {
  const forms: Buffer[] = [Buffer.from(text)];
  if (!ASCII.test(text) && /^[\0-\xff]*$/.test(text)) forms.push(Buffer.from(text, "latin1"));
  // Of text in ASCII both orders are the same without the outer zero.
  if (isWhole)
    forms.push(
      ...utf16Of(text)
        .slice(ASCII.test(text) ? 1 : 0)
        .map(withoutOuterZero),
    );
  return forms;
}

function utf16Of(text: string): readonly Buffer[] {
  const little = Buffer.from(text, "utf16le");
  return [little, Buffer.from(little).swap16()];
}

function withoutOuterZero(bytes: Buffer): Buffer {
  if (bytes[0] === 0) return bytes.subarray(1);
  return bytes.at(-1) === 0 ? bytes.subarray(0, -1) : bytes;
}

function bytePatterns(name: string, bytes: Buffer): readonly Pattern[] {
  const text = bytes.toString("latin1");
  return [
    ...[0, 1, 2].flatMap((offset) => base64Patterns(name, { bytes, offset })),
    ...pieces(name, "hex", text),
    ...pieces(name, "decimal", text),
  ];
}

/** The base64 of bytes behind others. The last letter and the padding are there only if nothing follows. */
function base64Patterns(
  name: string,
  { bytes, offset }: { readonly bytes: Buffer; readonly offset: number },
): readonly Pattern[] {
  const start = Math.ceil((offset * 8) / 6);
  const text = Buffer.concat([Buffer.alloc(offset), bytes])
    .toString("base64")
    .slice(start);
  const sure = Math.floor(((offset + bytes.length) * 8) / 6) - start;
  const found = [...pieces(name, "base64", text)];
  const last = found.pop();
  if (last !== undefined) found.push({ ...last, enough: last.enough - (text.length - sure) });
  return found;
}

function pieces(name: string, kind: PatternKind, whole: string): readonly Pattern[] {
  const text = kind === "characters" ? withoutOuterBreaks(whole) : whole;
  if (text.length <= MAX_LENGTH) return [{ name, kind, text, enough: lengthOf(kind, text) }];
  const found = new Set<string>();
  for (let start = 0; start < text.length - PIECE; start += PIECE - OVERLAP) {
    found.add(text.slice(start, start + PIECE));
  }
  found.delete(text.slice(-PIECE));
  return [...found, text.slice(-PIECE)].map((each) => {
    const piece = kind === "characters" ? withoutOuterBreaks(withoutHalves(each)) : each;
    return { name, kind, text: piece, enough: lengthOf(kind, piece) };
  });
}

/** A pattern that began with a line break would hold every line back until the next one. */
function withoutOuterBreaks(text: string): string {
  return text.replaceAll(/^\s*\n|\n\s*$/g, "");
}

/** A piece without the half of a character that was cut. */
function withoutHalves(text: string): string {
  return text.replaceAll(/^[\udc00-\udfff]|[\ud800-\udbff]$/g, "");
}

function lengthOf(kind: PatternKind, text: string): number {
  return kind === "characters" ? Array.from(text).length : text.length;
}
