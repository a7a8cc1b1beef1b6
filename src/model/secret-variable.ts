/** Whether a variable of the environment holds the value of a secret, or the key to them: no other process inherits it. */
export function isSecretVariable(name: string): boolean {
  return name.startsWith("FLOWCTL_SECRET_") || name === "FLOWCTL_SECRETS_KEY";
}

/**
 * The environment for a program of somebody else's, without flowctl's secrets.
 * @param named the variables that config takes secrets from
 */
export function withoutSecretVariables<T>(
  variables: Readonly<Record<string, T>>,
  named: readonly string[] = [],
): Record<string, T> {
  // Copied as a whole: to ask the process for one variable after the other takes several times as long.
  const kept = { ...variables };
  for (const name of Object.keys(kept)) {
    if (isSecretVariable(name) || named.includes(name)) Reflect.deleteProperty(kept, name);
  }
  return kept;
}
