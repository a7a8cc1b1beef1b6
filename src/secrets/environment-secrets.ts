import type { Redactor } from "./redactor.ts";

const PREFIX = "FLOWCTL_SECRET_";
/** The private key of the encrypted file. */
const KEY = "FLOWCTL_SECRETS_KEY";

type Variables = Readonly<Record<string, string | undefined>>;

/** Tells the redactor of all secrets in the environment, before anything else can read and print them. */
export async function registerEnvironmentSecrets(redactor: Redactor, variables: Variables): Promise<void> {
  for (const [variable, value] of Object.entries(variables)) {
    if (value === undefined || !variable.startsWith("FLOWCTL_SECRET")) continue;
    if (variable.startsWith(PREFIX)) await redactor.register(variable.slice(PREFIX.length), value);
    else if (variable === KEY) await redactor.register(KEY, value);
  }
}

/** The same for the variables that config names: `secrets.env`, the names of secrets with the variables that hold them. */
export async function registerNamedVariables(
  redactor: Redactor,
  variables: Variables,
  named: Readonly<Record<string, string>> = {},
): Promise<void> {
  for (const [name, variable] of Object.entries(named)) await redactor.register(name, variables[variable] ?? "");
}
