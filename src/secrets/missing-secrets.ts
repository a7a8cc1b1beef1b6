import { UserError, type Diagnostic } from "../model/error.ts";
import { PROVIDER_TITLES, type ProviderName } from "./provider.ts";
import { nameProblem } from "./secret-name.ts";

/** A secret that no provider has, with what each of them said. */
export interface MissingSecret {
  readonly name: string;
  readonly tried: readonly { readonly provider: ProviderName; readonly why: string; readonly help?: string }[];
}

/**
 * One error that names every missing secret, who needs it, where it was looked for,
 * and the command that sets it.
 *
 * @param neededBy for each name, who needs it in words: `task "load"`, `channel "team"`
 */
export function missingSecretsError(
  missing: readonly MissingSecret[],
  neededBy: ReadonlyMap<string, readonly string[]> = new Map(),
): UserError {
  return new UserError(
    "secret",
    missing.map((each) => missingSecretDiagnostic(each, neededBy.get(each.name) ?? [])),
  );
}

/** The same for one secret, also as a warning where a run can go on without it. */
export function missingSecretDiagnostic(
  { name, tried }: MissingSecret,
  neededBy: readonly string[],
  severity: Diagnostic["severity"] = "error",
): Diagnostic {
  const problem = nameProblem(name);
  const needed = neededBy.length === 0 ? "" : `, which ${inWords(neededBy)} ${neededBy.length > 1 ? "need" : "needs"},`;
  const places = tried.map(({ provider, why }) => `${PROVIDER_TITLES[provider]} (${why})`).join(", ");
  const helps = [...new Set(tried.flatMap(({ help }) => help ?? []))];
  if (problem !== undefined) {
    return {
      code: "SECRET_NAME",
      severity,
      message: `The secret ${JSON.stringify(name)}${needed} cannot exist: ${problem}.`,
    };
  }
  return {
    code: "SECRET_NOT_FOUND",
    severity,
    message: `The secret ${name}${needed} was not found. Looked in ${places}.`,
    help: [`flowctl secrets set ${name}`, ...helps].join("\n"),
  };
}

/** `a`, `a and b`, `a, b and 7 more`. */
export function inWords(names: readonly string[]): string {
  if (names.length < 3) return names.join(" and ");
  const [last = ""] = names.length === 3 ? names.slice(2) : [`${names.length - 2} more`];
  return `${names.slice(0, 2).join(", ")} and ${last}`;
}
