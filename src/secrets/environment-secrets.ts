import type { Redactor } from "./redactor.ts";

const PREFIX = "FLOWCTL_SECRET_";
/** The private key of the encrypted file. */
const KEY = "FLOWCTL_SECRETS_KEY";

type Variables = Readonly<Record<string, string | undefined>>;

/** Tells the redactor of all secrets in the environment, before anything else can read and print them. */
export function registerEnvironmentSecrets(redactor: Redactor, variables: Variables): void {
  for (const [variable, value] of Object.entries(variables)) {
    if (value === undefined || !variable.startsWith("FLOWCTL_SECRET")) continue;
    if (variable.startsWith(PREFIX)) redactor.register(variable.slice(PREFIX.length), value);
    else if (variable === KEY) redactor.register(KEY, value);
  }
}

/** The same for the variables that config names: `secrets.env`, the names of secrets with the variables that hold them. */
export function registerNamedVariables(
  redactor: Redactor,
  variables: Variables,
  named: Readonly<Record<string, string>> = {},
): void {
  for (const [name, variable] of Object.entries(named)) redactor.register(name, variables[variable] ?? "");
}
