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
  const isKept = (name: string): boolean => !isSecretVariable(name) && !named.includes(name);
  return Object.fromEntries(Object.entries(variables).filter(([name]) => isKept(name)));
}
