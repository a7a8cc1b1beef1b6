/** Ways to write one character, by other means than those of the product. */
const SPELLINGS: readonly ((character: string) => string)[] = [
  (c) => c,
  (c) => percent(c),
  (c) => percent(c).toLowerCase(),
  (c) => percent(c).replaceAll("%", "%25"),
  (c) => `&#${String(c.codePointAt(0))};`,
  (c) => `&#00${String(c.codePointAt(0))};`,
  (c) => `&#x${hex(c.codePointAt(0) ?? 0, 1)};`,
  (c) => `&#X${hex(c.codePointAt(0) ?? 0, 4).toUpperCase()};`,
  (c) =>
    units(c)
      .map((each) => `\\u${hex(each, 4)}`)
      .join(""),
  (c) =>
    units(c)
      .map((each) => `\\u${hex(each, 4).toUpperCase()}`)
      .join(""),
  (c) => `\\u{${hex(c.codePointAt(0) ?? 0, 1)}}`,
  (c) => `\\U${hex(c.codePointAt(0) ?? 0, 8)}`,
  (c) =>
    bytes(c)
      .map((each) => `\\x${hex(each, 2)}`)
      .join(""),
  (c) =>
    bytes(c)
      .map((each) => `\\${each.toString(8).padStart(3, "0")}`)
      .join(""),
  (c) =>
    bytes(c)
      .map((each) => `\\${hex(each, 2)}`)
      .join(""),
  (c) =>
    bytes(c)
      .map((each) => `=${hex(each, 2).toUpperCase()}`)
      .join(""),
  (c) => `=\r\n${c}`,
  (c) => JSON.stringify(c).slice(1, -1),
  (c) => JSON.stringify(JSON.stringify(c)).slice(3, -3),
  (c) => (isPunctuation(c) ? `\\${c}` : c),
  (c) => (isPunctuation(c) && c !== " " ? c + c : c),
  (c) => (c === "'" ? `'\\''` : c),
  (c) => (c === "'" ? `'"'"'` : c),
  (c) => (c === " " ? "+" : c),
  (c) => ({ "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&apos;" })[c] ?? c,
  (c) => ({ "&": "&amp;amp;", "<": "&amp;lt;", é: "&eacute;" })[c] ?? c,
  (c) => `\u001b[1;31m${c}\u001b[m`,
];

/** The text with each character written in the way of its number. */
export function spelled(text: string, ways: readonly number[]): string {
  return Array.from(text, (each, at) => {
    const way = SPELLINGS[(ways[at % ways.length] ?? 0) % SPELLINGS.length];
    return way?.(each) ?? each;
  }).join("");
}

/** Ways to write a text as its bytes. */
export const ENCODINGS: readonly ((
  bytes: Buffer,
  how: { readonly offset: number; readonly width: number },
) => string)[] = [
  (value, { offset, width }) => wrapped(behind(value, offset).toString("base64"), width, "\n"),
  (value, { offset, width }) => wrapped(behind(value, offset).toString("base64url"), width, "\r\n"),
  (value, { offset }) => encodeURIComponent(behind(value, offset).toString("base64")),
  (value, { width }) => wrapped(value.toString("hex"), width * 2, "\n"),
  (value) => value.toString("hex").toUpperCase(),
  (value) => Array.from(value, (each) => hex(each, 2)).join(":"),
  (value) => Array.from(value, (each) => hex(each, 2).toUpperCase()).join("-"),
  (value) => Array.from(value, (each) => `0x${hex(each, 2)}`).join(", "),
  (value) => Array.from(value, (each) => `0x${hex(each, 2)}`).join(",\n  "),
  (value) => Array.from(value, (each) => `\\x${hex(each, 2)}`).join(""),
  (value) => `<Buffer ${Array.from(value, (each) => hex(each, 2)).join(" ")}>`,
  (value) => JSON.stringify(value),
  (value) => JSON.stringify(value, undefined, 2),
  (value) => JSON.stringify(new Uint8Array(value)),
  (value) => `[${Array.from(value).join(" ")}]`,
  (value) => Buffer.from(value.toString(), "utf16le").toString(),
  (value) => Buffer.from(value.toString(), "utf16le").swap16().toString(),
  (value) => Buffer.from(value.toString(), "utf16le").toString("hex"),
  (value) => Buffer.from(value.toString(), "utf16le").toString("base64"),
];

function behind(value: Buffer, offset: number): Buffer {
  return Buffer.concat([Buffer.from("~".repeat(offset)), value]);
}

function wrapped(text: string, width: number, separator: string): string {
  return text.replaceAll(new RegExp(`.{${String(width)}}(?=.)`, "g"), (line) => line + separator);
}

function percent(text: string): string {
  return bytes(text)
    .map((each) => `%${hex(each, 2).toUpperCase()}`)
    .join("");
}

function bytes(text: string): readonly number[] {
  return [...Buffer.from(text)];
}

function units(text: string): readonly number[] {
  return Array.from({ length: text.length }, (_, at) => text.charCodeAt(at));
}

function hex(value: number, digits: number): string {
  return value.toString(16).padStart(digits, "0");
}

function isPunctuation(text: string): boolean {
  return /^[!-/:-@[-`{-~ ]$/.test(text);
}
