import { clean, cleaningStream, NEEDS_CLEANING } from "../model/clean.ts";
import { maskCredentialShapes } from "./credential-shapes.ts";
import { createMasker, type Masker } from "./masker.ts";
import { SHORTEST } from "./hiding.ts";

/**
 * Takes secrets out of texts. Every value is registered before anything else sees
 * it; every text passes here on its way to a terminal, a file or a service, before
 * it is cut to a length and before it is escaped: redact, truncate, escape.
 */
export interface Redactor {
  /**
   * Adds a secret with all the forms in which it may show up. One of fewer than four characters is not looked for.
   * @returns once it is looked for: nothing that may show the secret runs before
   */
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

/** Joiners that have no width; emoji and scripts need them. */
const JOINERS = /[\u200c\u200d]/gu;

/** Text is cleaned before it is masked: a control character must not split a secret. */
function cleaned(masking: RedactorStream): RedactorStream {
  const cleaning = cleaningStream();
  return {
    get isEmpty() {
      return cleaning.isEmpty && masking.isEmpty;
    },
    write: (chunk) => masking.write(cleaning.write(chunk)),
    end: () => masking.write(cleaning.end()) + masking.end(),
  };
}

/** Makes a redactor that knows no secret yet. */
export function createRedactor(): Redactor {
  let masker: Masker | undefined;
  const redact = (text: string): string => {
    if (masker === undefined) return text;
    const masked = masker.mask(text);
    if (!NEEDS_CLEANING.test(masked) && !/[\u200c\u200d]/.test(masked)) return masked;
    // Control characters may split a secret that a sink joins again when it takes them away.
    const cleaned = clean(masked, { colours: true }).replace(JOINERS, "");
    const again = masker.mask(cleaned);
    return again === cleaned ? masked : again;
  };
  return {
    register(name, value) {
      if (value.length < SHORTEST) return;
      masker ??= createMasker();
      masker.add(name, value);
    },
    redact,
    redactMessage: (text) => maskCredentialShapes(redact(text)),
    stream() {
      let inner: RedactorStream | undefined;
      const started = (): RedactorStream | undefined => (inner ??= masker && cleaned(masker.stream()));
      return {
        get isEmpty() {
          return inner?.isEmpty ?? true;
        },
        write: (chunk) => started()?.write(chunk) ?? chunk,
        end: () => started()?.end() ?? "",
      };
    },
  };
}
