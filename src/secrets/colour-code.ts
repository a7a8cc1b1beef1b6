const ESCAPE = 0x1b;
const RETURN = 0x0d;
const BRACKET = 0x5b;
const M = 0x6d;
const SEMICOLON = 0x3b;
/** In bytes; what is longer is no colour. */
export const MAX_COLOUR = 64;

/** Length of what is passed over here: a colour code, as `colourAt`, or a carriage return. */
export function passedAt(bytes: Uint8Array, start: number): number {
  return bytes[start] === RETURN ? 1 : colourAt(bytes, start);
}

/** Length of the colour code (`ESC [ 1 ; 31 m`) that begins here: 0 if there is none, -1 if the bytes end within it. */
export function colourAt(bytes: Uint8Array, start: number): number {
  const end = Math.min(bytes.length, start + MAX_COLOUR);
  for (let at = start; at < end; at += 1) {
    const byte = bytes[at] ?? 0;
    if (at === start ? byte === ESCAPE : at === start + 1 ? byte === BRACKET : isParameter(byte)) continue;
    return at > start + 1 && byte === M ? at - start + 1 : 0;
  }
  return end === bytes.length && end - start < MAX_COLOUR ? -1 : 0;
}

/** A digit, `:` or `;`. */
function isParameter(byte: number): boolean {
  return byte >= 0x30 && byte <= SEMICOLON;
}
