import { maskCredentialShapes } from "./credential-shapes.ts";
import { compileMatcher, type Needle, type SecretMatcher } from "./secret-matcher.ts";
import { SHORTEST, variantsOf } from "./secret-variants.ts";

/**
 * Takes secrets out of texts. Every value is registered before anything else sees
 * it; every text passes here on its way to a terminal, a file or a service, before
 * it is cut to a length and before it is escaped: redact, truncate, escape.
 */
export interface Redactor {
  /** Adds a secret with all the forms in which it may show up. One of fewer than four characters is not looked for. */
  register(name: string, value: string): void;
  /** The text with `***NAME***` in place of secrets; the text itself where there are none. */
  redact(text: string): string;
  /** As `redact`, and what has the shape of a known credential, for texts that leave the machine. */
  redactMessage(text: string): string;
  /** For text that comes in pieces: keeps back only what may turn out to be the beginning of a secret. */
  stream(): RedactorStream;
}

export interface RedactorStream {
  /** @returns what can be shown by now */
  write(chunk: string): string;
  /** @returns the rest */
  end(): string;
  /** Whether nothing is kept back: a stream made anew would go on as this one. */
  readonly isEmpty: boolean;
}

/** The first of them that is in no secret frames the masks, so that a mask can never complete a secret. */
const FRAMES = ["*", "█", "▓", "▒", "░"];

/** Makes a redactor that knows no secret yet. */
export function createRedactor(): Redactor {
  const values = new Map<string, Known>();
  let compiled: Compiled | undefined;
  // Forms are worked out when the first text comes: most runs that have secrets in reach print little.
  const current = (): Compiled | undefined => {
    if (values.size > 0) compiled ??= compile(values);
    return compiled;
  };
  const redact = (text: string): string => {
    const now = current();
    return now === undefined ? text : replaceAllIn(text, now);
  };
  return {
    register(name, value) {
      if (value.length < SHORTEST || values.has(value)) return;
      values.set(value, { name });
      compiled = undefined;
    },
    redact,
    redactMessage: (text) => maskCredentialShapes(redact(text)),
    stream: () => redactorStream(current),
  };
}

interface Compiled {
  readonly matcher: SecretMatcher;
  readonly mask: (name: string) => string;
}

/** A secret, and its forms once they were worked out: the next one that comes need not do it again. */
interface Known {
  readonly name: string;
  forms?: readonly string[];
}

/** @param values by value; the first secret that has a form gives it its name */
function compile(values: ReadonlyMap<string, Known>): Compiled {
  const forms = new Map<string, Needle>();
  for (const [value, known] of values) {
    const { name } = known;
    for (const text of (known.forms ??= variantsOf(value))) if (!forms.has(text)) forms.set(text, { text, name });
  }
  const needles = [...forms.values()];
  const frame = (FRAMES.find((each) => needles.every(({ text }) => !text.includes(each))) ?? "*").repeat(3);
  const matcher = compileMatcher(needles);
  return {
    matcher,
    mask: (name) => {
      const mask = `${frame}${name}${frame}`;
      // A secret's name may hold the value of another.
      return matcher.find(mask, mask.length).length > 0 ? frame : mask;
    },
  };
}

function replaceAllIn(text: string, { matcher, mask }: Compiled): string {
  const ranges = matcher.find(text, text.length);
  if (ranges.length === 0) return text;
  let out = "";
  let at = 0;
  for (const { start, end, name } of ranges) {
    out += text.slice(at, start) + mask(name);
    at = end;
  }
  return out + text.slice(at);
}

/**
 * State between two writes: the text kept back, the character before it (a short
 * secret counts only as a word of its own), and how much of what is kept back a
 * mask that is already out stands for (-1: none; 0: it ends right there).
 */
function redactorStream(current: () => Compiled | undefined): RedactorStream {
  let kept = "";
  let before = "";
  let covered = -1;

  const advance = (chunk: string, last: boolean): string => {
    const text = before + kept + chunk;
    const from = before.length;
    const now = current();
    const cut = last || now === undefined ? text.length : now.matcher.undecidedFrom(text, from);
    let coveredTo = covered < 0 ? -1 : covered + from;
    let at = Math.min(Math.max(from, coveredTo), cut);
    let out = "";
    for (const { start, end, name } of now?.matcher.find(text, cut) ?? []) {
      if (end <= from) continue;
      if (start > coveredTo) out += text.slice(at, start) + (now?.mask(name) ?? "");
      coveredTo = Math.max(coveredTo, end);
      at = Math.min(coveredTo, cut);
    }
    out += text.slice(at, cut);
    kept = text.slice(cut);
    before = text.charAt(cut - 1);
    covered = coveredTo >= cut ? coveredTo - cut : -1;
    return out;
  };

  return {
    get isEmpty() {
      return kept === "";
    },
    write: (chunk) => advance(chunk, false),
    end: () => advance("", true),
  };
}
