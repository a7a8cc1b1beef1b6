import { LONG_ENOUGH } from "./hiding.ts";

/** What of a secret must not be seen: itself, and what of it is secret by itself; accents in either composition. */
export function partsOfSecret(value: string): readonly string[] {
  return [...new Set([value, ...partsOf(value)].flatMap(compositionsOf))];
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

/** `services` or `api` in a webhook's path is a word; a token has digits, capitals behind small letters, or is long. */
function looksRandom(segment: string): boolean {
  return segment.length >= LONG_ENOUGH && (/\d|[a-z][A-Z]/.test(segment) || segment.length >= 20);
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
