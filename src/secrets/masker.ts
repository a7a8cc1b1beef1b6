import { colourAt } from "./colour-code.ts";
import { AFTER_OTHER, type Before } from "./nfa.ts";
import { patternsOf, type Pattern } from "./patterns.ts";
import type { RedactorStream } from "./redactor.ts";
import { SecretMatcher } from "./secret-matcher.ts";
import { Sieve } from "./sieve.ts";

/** The first of them that is in no secret frames the masks, so that a mask can never complete a secret. */
const FRAMES = ["*", "█", "▓", "▒", "░"];
const ESCAPE = 0x1b;
/** What may be the beginning of a secret and is longer than this is not waited for: it is masked. In bytes. */
const MAX_KEPT = 256 * 1024;
/** Texts that are longer than this, in characters, and all that follow so many others, go to the automaton at once. */
const SIEVED_LENGTH = 4096;
const SIEVED_TEXTS = 200;
const NO_BYTES = Buffer.alloc(0);

/** Puts masks in place of known secrets. */
export interface Masker {
  /** Adds a secret; the first name of a value stays. */
  add(name: string, value: string): void;
  mask(text: string): string;
  stream(): RedactorStream;
}

/** A matcher of the secrets that are known so far, and what it puts in their place. */
interface Masks {
  readonly matcher: SecretMatcher;
  readonly of: (name: string) => string;
  /** In place of what may be a part of a secret. */
  readonly nameless: string;
}

/** Makes a masker that knows no secret yet. The automaton is built with the first text that the sieve lets pass. */
export function createMasker(): Masker {
  /** Names by value. */
  const secrets = new Map<string, string>();
  let patterns: readonly Pattern[] | undefined;
  let sieve: Sieve | undefined;
  let sieved = 0;
  let masks: Masks | undefined;
  const known = (): readonly Pattern[] =>
    (patterns ??= distinct([...secrets].flatMap(([value, name]) => patternsOf(name, value))));
  const current = (): Masks => (masks ??= masksOf([...secrets.keys()], known()));
  /** Most runs show a few short texts, and never need an automaton, which takes longer to build than the run. */
  const isInnocent = (text: string): boolean => {
    if (masks !== undefined || text.length > SIEVED_LENGTH || sieved >= SIEVED_TEXTS) return false;
    sieved += 1;
    sieve ??= new Sieve(known());
    return !sieve.mayShow(text);
  };
  return {
    add(name, value) {
      if (secrets.has(value)) return;
      secrets.set(value, name);
      patterns = sieve = masks = undefined;
    },
    mask: (text) => (isInnocent(text) ? text : maskAll(text, current())),
    stream: () => maskingStream(current),
  };
}

/** The first of the patterns that look for the same stays. */
function distinct(patterns: readonly Pattern[]): readonly Pattern[] {
  const found = new Map<string, Pattern>();
  for (const each of patterns) {
    const key = `${each.kind} ${String(each.enough)} ${each.text}`;
    if (!found.has(key)) found.set(key, each);
  }
  return [...found.values()];
}

function masksOf(values: readonly string[], patterns: readonly Pattern[]): Masks {
  const matcher = new SecretMatcher(patterns);
  const frame = (FRAMES.find((each) => !values.some((value) => value.includes(each))) ?? "*").repeat(3);
  const made = new Map<string, string>();
  return {
    matcher,
    nameless: frame,
    of: (name) => {
      let mask = made.get(name);
      if (mask === undefined) {
        mask = `${frame}${name}${frame}`;
        // A secret's name may hold the value of another.
        if (matcher.scan(Buffer.from(mask), { isLast: true }).ranges.length > 0) mask = frame;
        made.set(name, mask);
      }
      return mask;
    },
  };
}

function maskAll(text: string, masks: Masks): string {
  const bytes = Buffer.from(text);
  const { ranges } = masks.matcher.scan(bytes, { isLast: true });
  if (ranges.length === 0) return text;
  let out = "";
  let at = 0;
  for (const { start, end, name } of ranges) {
    out += bytes.toString("utf8", at, start) + masks.of(name) + coloursIn(bytes.subarray(start, end));
    at = end;
  }
  return out + bytes.toString("utf8", at);
}

/** Colours that change within a secret go on changing behind its mask. */
function coloursIn(bytes: Buffer): string {
  let colours = "";
  for (let at = bytes.indexOf(ESCAPE); at !== -1; at = bytes.indexOf(ESCAPE, at + 1)) {
    const length = colourAt(bytes, at);
    if (length > 0) colours += bytes.toString("latin1", at, at + length);
  }
  return colours;
}

/**
 * State between two writes: bytes kept back, what stands before them, and how many of them belong to a mask that is
 * already out (-1: none; 0: it ends right before them).
 */
function maskingStream(current: () => Masks): RedactorStream {
  let kept: Buffer = NO_BYTES;
  /** Half a character: the other half comes with the next chunk. */
  let half = "";
  let before: Before = AFTER_OTHER;
  let covered = -1;

  const advance = (chunk: string, isLast: boolean): string => {
    let text = half + chunk;
    half = isLast ? "" : (/[\ud800-\udbff]$/.exec(text)?.[0] ?? "");
    if (half !== "") text = text.slice(0, -1);
    if (text === "" && (kept.length === 0 || !isLast)) return "";
    const masks = current();
    const coming = Buffer.from(text);
    const isNew = kept.length === 0;
    const bytes = isNew ? coming : Buffer.concat([kept, coming]);
    const scan = masks.matcher.scan(bytes, { before, isLast });
    const isTooLong = bytes.length - scan.undecidedFrom > MAX_KEPT;
    const until = scan.undecidedFrom;
    before = scan.before;
    if (isNew && scan.ranges.length === 0 && until === bytes.length) {
      covered = -1;
      return text;
    }
    let out = coloursIn(bytes.subarray(0, Math.min(Math.max(covered, 0), until)));
    let at = Math.min(Math.max(covered, 0), until);
    let coveredTo = covered;
    for (const { start, end, name } of scan.ranges) {
      if (start > coveredTo) out += bytes.toString("utf8", at, start) + masks.of(name);
      const from = Math.max(start, at);
      coveredTo = Math.max(coveredTo, end);
      const to = Math.min(coveredTo, until);
      if (to > from) out += coloursIn(bytes.subarray(from, to));
      at = Math.max(at, to);
    }
    out += bytes.toString("utf8", at, until);
    if (isTooLong) {
      kept = NO_BYTES;
      before = AFTER_OTHER;
      if (coveredTo < until) out += masks.nameless;
      covered = 0;
      return out;
    }
    kept = until === bytes.length ? NO_BYTES : Buffer.from(bytes.subarray(until));
    covered = coveredTo >= until && (until > 0 || covered >= 0) ? coveredTo - until : -1;
    return out;
  };

  return {
    get isEmpty() {
      return kept.length === 0 && half === "";
    },
    write: (chunk) => advance(chunk, false),
    end: () => advance("", true),
  };
}
