import { inspect } from "node:util";

/** From this length on a text is looked for anywhere; a shorter one only where a word begins and ends. */
export const LONG_ENOUGH = 8;
/** Nothing shorter is looked for: it would turn ordinary words into stars. */
export const SHORTEST = 4;

/**
 * Every text as which a secret may show up: as it is, and as it looks after a
 * program has quoted, escaped or encoded it, or printed a part of it.
 *
 * @returns distinct texts of at least `SHORTEST` characters, longest first
 */
export function variantsOf(value: string): readonly string[] {
  const found = new Set<string>();
  for (const part of new Set([value, ...partsOf(value)].flatMap(compositionsOf))) addEncodings(part, found);
  return [...found].filter((each) => each.length >= SHORTEST).sort((a, b) => b.length - a.length);
}

/** A letter with an accent is one character or two, and programs turn the one into the other. */
function compositionsOf(text: string): readonly string[] {
  return ASCII.test(text) ? [text] : [text, text.normalize("NFC"), text.normalize("NFD")];
}

const ASCII = /^[\0-\x7f]*$/;

/** What of a secret is secret by itself: its lines, its leaves where it is JSON, the tokens of a URL, a bare credential. */
function partsOf(value: string): readonly string[] {
  const parts = [value.trim(), ...linesOf(value), ...leavesOf(value), ...urlPartsOf(value)];
  const scheme = /^(?:Bearer|Basic|Token|Bot)\s+(\S+)$/i.exec(value);
  if (scheme?.[1] !== undefined) parts.push(scheme[1]);
  return parts.filter((each) => each.length >= LONG_ENOUGH);
}

function linesOf(value: string): readonly string[] {
  if (!/[\r\n]/.test(value)) return [];
  // The frame of a PEM block says what it is, and is no secret.
  const lines = value.split(/\r\n|\r|\n/).filter((line) => !/^-----(BEGIN|END) /.test(line));
  return [...lines, ...lines.map((line) => line.trim()), lines.join(""), value.replaceAll(/\r\n|\r|\n/g, "")];
}

function leavesOf(value: string): readonly string[] {
  if (!/^\s*[[{]/.test(value)) return [];
  const leaves: string[] = [];
  const walk = (node: unknown): void => {
    if (typeof node === "string") leaves.push(node, ...linesOf(node));
    else if (typeof node === "object" && node !== null) Object.values(node).forEach(walk);
  };
  try {
    walk(JSON.parse(value));
  } catch {
    return [];
  }
  return leaves;
}

function urlPartsOf(value: string): readonly string[] {
  if (!/^[a-z][a-z0-9+.-]*:\/\//i.test(value) || !URL.canParse(value)) return [];
  const url = new URL(value);
  const segments = url.pathname.split("/").filter(looksRandom);
  const credentials = [url.username, url.password].flatMap((each) => [each, decoded(each)]);
  const pair = url.password === "" ? [] : [`${decoded(url.username)}:${decoded(url.password)}`];
  const query = [...url.searchParams.values()];
  return [
    ...(segments.length > 0 ? [url.pathname, url.pathname + url.search] : []),
    ...segments,
    ...segments.map(decoded),
    ...credentials,
    ...pair,
    ...query,
    url.href,
  ];
}

/** `services` or `api` in a webhook's path is a word; a token has digits or is long. */
function looksRandom(segment: string): boolean {
  return segment.length >= LONG_ENOUGH && (/\d/.test(segment) || segment.length >= 20);
}

/** What no encoding but base64 and hexadecimal changes. */
const UNRESERVED = /^[\w.~-]*$/;

function addEncodings(value: string, into: Set<string>): void {
  const encodings = [value, ...base64Forms(value), ...hexForms(value)];
  if (!UNRESERVED.test(value)) encodings.push(...escapedForms(value));
  for (const each of encodings) into.add(each);
}

function escapedForms(value: string): readonly string[] {
  const json = escapedAsJson(value);
  return [
    json,
    escapedAsJson(json),
    json.replaceAll("/", "\\/"),
    asciiOnly(json),
    ...webSafe(json),
    inspect(value).slice(1, -1),
    ...percentForms(value),
    ...htmlForms(value),
    ...shellForms(value),
  ];
}

function escapedAsJson(text: string): string {
  return JSON.stringify(text).slice(1, -1);
}

/** As Go's encoder writes JSON, so that it can stand in a page: kubectl, docker, terraform. */
function webSafe(json: string): readonly string[] {
  const escaped = json.replaceAll(/[<>&\u2028\u2029]/g, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, "0")}`);
  return escaped === json ? [] : [escaped, escapedAsJson(escaped)];
}

function asciiOnly(json: string): string {
  return json.replaceAll(/[^\0-\x7f]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`);
}

function percentForms(value: string): readonly string[] {
  const wellFormed = Buffer.from(value).toString();
  const component = encodeURIComponent(wellFormed);
  const strict = component.replaceAll(/[!'()*]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`);
  const forms = [
    component,
    strict,
    encodeURI(wellFormed),
    strict.replaceAll("%20", "+"),
    component.replaceAll("%20", "+"),
  ];
  return forms.flatMap((form) => [form, form.replaceAll(/%[0-9A-F]{2}/g, (code) => code.toLowerCase())]);
}

function htmlForms(value: string): readonly string[] {
  const text = value.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
  const quoted = text.replaceAll('"', "&quot;");
  return [
    text,
    quoted,
    quoted.replaceAll("'", "&#39;"),
    quoted.replaceAll("'", "&#x27;"),
    quoted.replaceAll("'", "&#039;"),
    quoted.replaceAll("'", "&apos;"),
  ];
}

function shellForms(value: string): readonly string[] {
  return [
    value.replaceAll("'", "'\\''"),
    value.replaceAll("'", `'"'"'`),
    value.replaceAll(/[\\"$`]/g, "\\$&"),
    value.replaceAll(/[^\w@%+=:,./-]/g, "\\$&"),
  ];
}

/**
 * The base64 and base64url forms at each of the three offsets at which a text may
 * stand in a longer one. Characters that also depend on the neighbours are cut off.
 */
function base64Forms(value: string): readonly string[] {
  const bytes = Buffer.from(value);
  const whole = [bytes.toString("base64"), bytes.toString("base64").replace(/=+$/, "")];
  // GNU base64 breaks lines at 76 characters, PEM and OpenSSL at 64.
  const broken = [76, 64].flatMap((width) => whole.slice(1).flatMap((text) => splitEvery(text, width)));
  const phases = bytes.length < LONG_ENOUGH ? [] : [0, 1, 2].map((offset) => sureBase64(bytes, offset));
  return [...whole, ...broken, ...phases].flatMap((text) => [text, text.replaceAll("+", "-").replaceAll("/", "_")]);
}

function sureBase64(bytes: Buffer, offset: number): string {
  const text = Buffer.concat([Buffer.alloc(offset), bytes]).toString("base64");
  return text.slice(Math.ceil((offset * 8) / 6), Math.floor(((offset + bytes.length) * 8) / 6));
}

function splitEvery(text: string, width: number): readonly string[] {
  const pieces: string[] = [];
  if (text.length > width) for (let at = 0; at < text.length; at += width) pieces.push(text.slice(at, at + width));
  return pieces.filter((piece) => piece.length >= LONG_ENOUGH);
}

function hexForms(value: string): readonly string[] {
  const hex = Buffer.from(value).toString("hex");
  return [hex, hex.toUpperCase()];
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
