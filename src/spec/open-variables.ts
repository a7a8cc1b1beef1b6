/** Environment variables that expressions may read: values of secrets are read as secrets, and no other way. */
export function openVariables<T extends string | undefined>(
  variables: Readonly<Record<string, T>>,
): Readonly<Record<string, T>> {
  return Object.fromEntries(Object.entries(variables).filter(([name]) => !HIDDEN.test(name)));
}

const HIDDEN = /^FLOWCTL_(?:SECRET_|AGE_|SECRETS_KEY$)/;
