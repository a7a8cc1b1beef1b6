/**
 * Control sequences (CSI), control strings (OSC, DCS, SOS, PM, APC) up to their end, and choices of a character set;
 * C1 forms, too. Of any other escape what follows stays: it may belong to a secret. Then other control characters,
 * and what has no width or turns the order of letters round. All in one pass: what goes must not join a sequence.
 */
const UNSEEN =
  /(?:\u001b\[|\u009b)[0-?]*[ -/]*[@-~]|(?:\u001b[\]PX^_]|[\u0090\u0098\u009d-\u009f])[^\u0007\u001b\u009c\n]*(?:\u0007|\u001b\\|\u009c)?|\u001b[ -/]+[0-~]|[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u061c\u200b\u200e\u200f\u202a-\u202e\u2060\u2066-\u2069\ufeff]/g;
/** A sequence that the text ends within. */
const UNFINISHED =
  /(?:(?:\u001b\[|\u009b)[0-?]*[ -/]*|(?:\u001b[\]PX^_]|[\u0090\u0098\u009d-\u009f])[^\u0007\u001b\u009c\n]*\u001b?|\u001b[ -/]*)$/;
const COLOUR = /^\u001b\[[\d:;]*m$/;
/** As many characters of an unfinished sequence are kept back. */
const MAX_SEQUENCE = 4096;

/** Whether there is anything in a text that `clean` may take away. */
export const NEEDS_CLEANING =
  /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u061c\u200b\u200e\u200f\u202a-\u202e\u2060\u2066-\u2069\ufeff]/;

/**
 * The text without what a terminal obeys or a reader cannot see: escape sequences, control characters, marks
 * without width and those that turn the order of letters round. Line feeds and tabs stay.
 * @param keep.colours keeps colour codes (SGR) @param keep.returns keeps carriage returns
 */
export function clean(
  text: string,
  { colours = false, returns = false }: { readonly colours?: boolean; readonly returns?: boolean } = {},
): string {
  if (!NEEDS_CLEANING.test(text)) return text;
  return text.replace(UNSEEN, (each) => {
    const isKept = each === "\r" ? returns : colours && COLOUR.test(each);
    return isKept ? each : "";
  });
}

/** The text on one line: a name, a label or a path as it may stand in a row of a table, a log line or a message. */
export function cleanLine(text: string): string {
  return clean(text.replaceAll(/\s+/g, " "));
}

/** JSON text with everything escaped that `clean` takes away: JSON itself escapes only U+0000 to U+001F. */
export function escapeControls(json: string): string {
  return json.replaceAll(UNESCAPED, (each) => `\\u${each.charCodeAt(0).toString(16).padStart(4, "0")}`);
}

const UNESCAPED = /[\u007f-\u009f\u061c\u200b\u200e\u200f\u2028-\u202e\u2060\u2066-\u2069\ufeff]/g;

/** `clean` for text that comes in pieces; keeps back a sequence that the chunk ends within. Colours and returns stay. */
export function cleaningStream(): { write(chunk: string): string; end(): string; readonly isEmpty: boolean } {
  const keep = { colours: true, returns: true };
  let kept = "";
  return {
    get isEmpty() {
      return kept === "";
    },
    write(chunk) {
      const text = kept + chunk;
      const tail = NEEDS_CLEANING.test(text.slice(-MAX_SEQUENCE)) ? UNFINISHED.exec(text.slice(-MAX_SEQUENCE)) : null;
      kept = tail?.[0] ?? "";
      return clean(kept === "" ? text : text.slice(0, -kept.length), keep);
    },
    end() {
      const rest = clean(kept, keep);
      kept = "";
      return rest;
    },
  };
}
