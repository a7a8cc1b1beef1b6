import { BACK_TO_START, Unit } from "./unit.ts";

/** Encoded once, twice, three times: `%27`, `%2527`, `%252527`. */
const PERCENT_LEVELS = ["%", "%25", "%2525"];

const NAMED: Readonly<Record<string, string>> = {
  '"': "quot QUOT",
  "&": "AMP",
  "'": "apos",
  "<": "lt LT",
  ">": "gt GT",
  "!": "excl",
  "#": "num",
  $: "dollar",
  "%": "percnt",
  "(": "lpar",
  ")": "rpar",
  "*": "ast midast",
  "+": "plus",
  ",": "comma",
  ".": "period",
  "/": "sol",
  ":": "colon",
  ";": "semi",
  "=": "equals",
  "?": "quest",
  "@": "commat",
  "[": "lsqb lbrack",
  "\\": "bsol",
  "]": "rsqb rbrack",
  "^": "Hat",
  _: "lowbar UnderBar",
  "`": "grave DiacriticalGrave",
  "{": "lcub lbrace",
  "|": "verbar vert VerticalLine",
  "}": "rcub rbrace",
  "\n": "NewLine",
  "\t": "Tab",
};
/** HTML's names of U+00A0 to U+00FF. */
const LATIN_1_NAMES =
  "nbsp iexcl cent pound curren yen brvbar sect uml copy ordf laquo not shy reg macr deg plusmn sup2 sup3 acute micro para middot cedil sup1 ordm raquo frac14 frac12 frac34 iquest Agrave Aacute Acirc Atilde Auml Aring AElig Ccedil Egrave Eacute Ecirc Euml Igrave Iacute Icirc Iuml ETH Ntilde Ograve Oacute Ocirc Otilde Ouml times Oslash Ugrave Uacute Ucirc Uuml Yacute THORN szlig agrave aacute acirc atilde auml aring aelig ccedil egrave eacute ecirc euml igrave iacute icirc iuml eth ntilde ograve oacute ocirc otilde ouml divide oslash ugrave uacute ucirc uuml yacute thorn yuml".split(
    " ",
  );

/** Letters that stand for control characters after a backslash (or, in PowerShell, a backtick). */
const LETTERS: Readonly<Record<string, string>> = {
  "\n": "n",
  "\r": "r",
  "\t": "t",
  "\b": "b",
  "\f": "f",
  "\v": "v",
  "\u0007": "a",
  "\0": "0",
  "\u001b": "e",
};

/**
 * A character as itself or as any of its escapes.
 * @param isQuotedOnly leaves out what only encoders write: percent, HTML, numbers
 */
export function characterUnit(character: string, { isQuotedOnly }: { readonly isQuotedOnly: boolean }): Unit {
  const unit = new Unit();
  const raw = bytesOf(character);
  unit.spell([raw]);
  if (character === "\n") addLineBreak(unit);
  addQuoted(unit, character);
  if (!isQuotedOnly) {
    addPercent(unit, character);
    addHtml(unit, character);
    // What a decoder makes of a byte of Latin-1.
    if (raw.length > 1) unit.spell([bytesOf("\ufffd")]);
  }
  const backslash = unit.path("\\");
  if (!isQuotedOnly) addNumbers(unit, { character, backslash });
  // Texts within texts double them: JSON in JSON in JSON has seven before a quote.
  unit.repeat(backslash, "\\");
  return unit;
}

function addLineBreak(unit: Unit): void {
  unit.spell(["\r\n", "\r"]);
  // YAML and others indent each line of a text.
  for (const each of ["\n", "\r\n"]) unit.repeat(unit.path(each), " \t");
}

/** Doubled, after a backslash, a backtick or a caret, and as a shell's quotes close and open around it. */
function addQuoted(unit: Unit, character: string): void {
  const letter = LETTERS[character];
  if (letter !== undefined) unit.spell([`\\${letter}`, `\`${letter}`]);
  if (character === "\n") unit.spell(["r\\n", "r\\\\n"], unit.path("\\"));
  if (!/^[!-/:-@[-`{-~ ]$/.test(character)) return;
  const prefixes = ["`", "^"];
  if (character !== "\\") prefixes.push("\\");
  if (character !== "\\" && character !== " ") prefixes.push(character);
  unit.spell(prefixes.map((prefix) => prefix + character));
  if (character === '"') unit.spell([`"'"'"`]);
  if (character !== "'") return;
  unit.spell([`'"'"'`]);
  const closed = unit.path("'\\");
  unit.spell(["''"], closed);
  unit.repeat(closed, "\\");
}

function addPercent(unit: Unit, character: string): void {
  for (const bytes of byteForms(character)) {
    for (const percent of PERCENT_LEVELS) unit.spell(joined(bytes, (hex) => [percent + hex]));
    unit.spell(joined(bytes, (hex) => [`=${hex}`]));
  }
  const units = Array.from({ length: character.length }, (_, at) => hexOf(character.charCodeAt(at), 4));
  unit.spell(joined(units, (hex) => [`%u${hex}`]));
  if (character === " ") unit.spell(["+"]);
  if (character === "\n") unit.spell(["%0D%0A", "%0d%0a", "%250D%250A", "=0D=0A"]);
  // Quoted-printable breaks long lines wherever it likes.
  const soft = unit.path("=");
  unit.link(soft, { byte: "\n", to: BACK_TO_START });
  unit.link(unit.path("\r", soft), { byte: "\n", to: BACK_TO_START });
}

function addHtml(unit: Unit, character: string): void {
  const code = character.codePointAt(0) ?? 0;
  const names =
    NAMED[character]?.split(" ") ?? (code >= 0xa0 && code <= 0xff ? [LATIN_1_NAMES[code - 0xa0] ?? ""] : []);
  const ampersand = unit.path("&");
  unit.spell(
    names.map((name) => `${name};`),
    ampersand,
  );
  const number = unit.path("#", ampersand);
  unit.spell([`${String(code)};`], number);
  for (const x of ["x", "X"]) {
    const hex = unit.path(x, number);
    unit.spell(
      casesOf(code.toString(16)).map((each) => `${each};`),
      hex,
    );
    unit.repeat(hex, "0");
  }
  unit.repeat(number, "0");
  // Escaped again: `&amp;lt;`. For the ampersand itself this is its own name.
  unit.link(unit.path("amp", ampersand), { byte: ";", to: ampersand });
}

/** What stands for a character after a backslash: JSON, JavaScript, C, Python, shells, LDAP, CSS. */
function addNumbers(unit: Unit, { character, backslash }: { character: string; backslash: number }): void {
  const code = character.codePointAt(0) ?? 0;
  const again = ["\\", "\\\\"];
  const spell = (parts: readonly (readonly string[])[], prefix: string): void => {
    const [first = [], ...rest] = parts;
    const more = joined(rest, (hex) => again.map((each) => each + prefix + hex));
    unit.spell(
      first.flatMap((hex) => more.map((tail) => prefix + hex + tail)),
      backslash,
    );
  };
  for (const bytes of byteForms(character)) {
    spell(bytes, "x");
    spell(bytes, "");
    spell(octalOf(bytes), "");
    spell(octalOf(bytes), "0");
  }
  const units = Array.from({ length: character.length }, (_, at) => hexOf(character.charCodeAt(at), 4));
  spell(units, "u");
  const short = casesOf(code.toString(16));
  unit.spell(
    short.flatMap((hex) => [`U${hex.padStart(8, "0")}`, hex.padStart(6, "0"), `${hex} `, `${hex.padStart(6, "0")} `]),
    backslash,
  );
  for (const brace of ["u{", "x{"]) {
    const open = unit.path(brace, backslash);
    unit.spell(
      short.map((hex) => `${hex}}`),
      open,
    );
    unit.repeat(open, "0");
  }
}

/** The bytes of a character in UTF-8 and, where it has one, in Latin-1: for each byte its hexadecimal spellings. */
function byteForms(character: string): readonly (readonly (readonly string[])[])[] {
  const code = character.codePointAt(0) ?? 0;
  const utf8 = Array.from(Buffer.from(character), (byte) => hexOf(byte, 2));
  return code >= 0x80 && code <= 0xff ? [utf8, [hexOf(code, 2)]] : [utf8];
}

function octalOf(bytes: readonly (readonly string[])[]): readonly (readonly string[])[] {
  return bytes.map(([hex = ""]) => [Number.parseInt(hex, 16).toString(8).padStart(3, "0")]);
}

function hexOf(value: number, digits: number): readonly string[] {
  return casesOf(value.toString(16).padStart(digits, "0"));
}

function casesOf(hex: string): readonly string[] {
  return [...new Set([hex, hex.toUpperCase()])];
}

/** All ways to write one after the other what each part can be written as. */
function joined(
  parts: readonly (readonly string[])[],
  written: (part: string) => readonly string[],
): readonly string[] {
  return parts.reduce<readonly string[]>(
    (before, part) => before.flatMap((head) => part.flatMap(written).map((tail) => head + tail)),
    [""],
  );
}

function bytesOf(text: string): string {
  return Buffer.from(text).toString("latin1");
}
