/** A credential by its looks: the pattern, and what stands in its place. */
interface Shape {
  readonly pattern: RegExp;
  readonly replacement: string;
}

const MASK = "***";

/**
 * Shapes of credentials that services hand out. None can take more than linear
 * time: no nested repetition, and each repetition is bounded.
 */
const SHAPES: readonly Shape[] = [
  {
    pattern:
      /-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY-----(?:[\s\S]{0,16384}?-----END [A-Z0-9 ]{0,40}PRIVATE KEY-----|[^-]{0,16384})/g,
    replacement: MASK,
  },
  {
    pattern: /\bhooks\.slack\.com\/(?:services|workflows|triggers)\/[\w/-]{8,200}/g,
    replacement: `hooks.slack.com/${MASK}`,
  },
  {
    pattern: /\b(discord(?:app)?\.com\/api\/(?:v\d{1,2}\/)?webhooks)\/\d{5,30}\/[\w-]{8,200}/g,
    replacement: `$1/${MASK}`,
  },
  { pattern: /\bxox[a-z]-[\w-]{8,300}/g, replacement: MASK },
  { pattern: /\bxapp-[\w-]{8,300}/g, replacement: MASK },
  { pattern: /\b(?:AKIA|ASIA)[A-Z0-9]{16}\b/g, replacement: MASK },
  { pattern: /\bgh[pousr]_\w{16,255}/g, replacement: MASK },
  { pattern: /\bgithub_pat_\w{16,255}/g, replacement: MASK },
  { pattern: /\bglpat-[\w-]{16,255}/g, replacement: MASK },
  { pattern: /\bnpm_\w{30,64}/g, replacement: MASK },
  { pattern: /\b[rs]k_(?:live|test)_\w{16,255}/g, replacement: MASK },
  { pattern: /\bwhsec_[\w+/=-]{16,255}/g, replacement: MASK },
  { pattern: /\bAGE-SECRET-KEY-1[A-Z0-9]{50,64}/g, replacement: MASK },
  { pattern: /\beyJ[\w-]{8,4096}\.[\w-]{8,8192}\.[\w-]{0,4096}/g, replacement: MASK },
  { pattern: /\b(Bearer|Basic)\s{1,8}[\w.~+/=-]{12,8192}/gi, replacement: `$1 ${MASK}` },
  { pattern: /(:\/\/[^\s/:@?#]{0,256}:)[^\s/?#]{1,256}(?=@)/g, replacement: `$1${MASK}` },
];

/** The text without what has the shape of a known credential, whoever it belongs to. */
export function maskCredentialShapes(text: string): string {
  return SHAPES.reduce((rest, { pattern, replacement }) => rest.replaceAll(pattern, replacement), text);
}
