import type { Redactor } from "./redactor.ts";

const PREFIX = "FLOWCTL_SECRET_";
/** The private key of the encrypted file. */
const KEY = "FLOWCTL_SECRETS_KEY";

/**
 * Tells the redactor of all secrets in the environment before any code of the
 * person's runs: it can read them by itself, and quote them in an error.
 *
 * @param named the config's `secrets.env`: secrets with the variables that hold them
 */
export function registerEnvironmentSecrets(
  redactor: Redactor,
  variables: Readonly<Record<string, string | undefined>>,
  named: Readonly<Record<string, string>> = {},
): void {
  for (const [variable, value] of Object.entries(variables)) {
    if (value === undefined || !variable.startsWith("FLOWCTL_SECRET")) continue;
    if (variable.startsWith(PREFIX)) redactor.register(variable.slice(PREFIX.length), value);
    else if (variable === KEY) redactor.register(KEY, value);
  }
  for (const [name, variable] of Object.entries(named)) redactor.register(name, variables[variable] ?? "");
}
