/** One thing that is wrong in what the person wrote, and where. */
export interface Diagnostic {
  /** Stable, for searching: `FLOW_CYCLE`. */
  readonly code: string;
  readonly severity: "error" | "warning";
  /** One sentence about the person's things. */
  readonly message: string;
  readonly file?: string;
  /** From 1. */
  readonly line?: number;
  /** From 1, in UTF-16 code units. */
  readonly column?: number;
  /** How many characters the caret underlines. @default 1 */
  readonly length?: number;
  /** The text of the line, where it is at hand. */
  readonly sourceLine?: string;
  /** What to type next. */
  readonly help?: string;
}

/** Why nothing ran, or why a command failed; one exit code each (design §3). */
export type FailureKind =
  /** Wrong flags, file, spec, config or parameters: 2. */
  | "usage"
  /** A secret or its store is missing, locked or did not answer: 3. */
  | "secret"
  /** The command did its work and the answer is no: 1. */
  | "failed"
  /** A notification was not accepted and the person asked to be strict: 4. */
  | "notify"
  /** Another run holds the lock: 75. */
  | "locked";

export const EXIT_CODES: Readonly<Record<FailureKind, number>> = {
  usage: 2,
  secret: 3,
  failed: 1,
  notify: 4,
  locked: 75,
};

/**
 * What a person can cause and mend. It is shown as its diagnostics, without a stack.
 */
export class UserError extends Error {
  override readonly name = "UserError";
  readonly kind: FailureKind;
  readonly diagnostics: readonly Diagnostic[];

  constructor(kind: FailureKind, diagnostics: readonly Diagnostic[], options?: ErrorOptions) {
    super(diagnostics.map((each) => each.message).join("\n"), options);
    this.kind = kind;
    this.diagnostics = diagnostics;
  }
}

/** Short for a `UserError` with one diagnostic. */
export function userError(
  kind: FailureKind,
  code: string,
  message: string,
  more: Partial<Diagnostic> & { readonly cause?: unknown } = {},
): UserError {
  const { cause, ...rest } = more;
  return new UserError(kind, [{ code, severity: "error", message, ...rest }], { cause });
}

/** What only flowctl itself can cause: a bug. Exit code 70. */
export class InternalError extends Error {
  override readonly name = "InternalError";
}
