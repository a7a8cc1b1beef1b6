/** So that each name is also the end of an environment variable's name. */
const NAME = /^[A-Za-z_][A-Za-z0-9_]{0,127}$/;
/** No `/`: Windows joins service and account with one, and two pairs could meet. */
const NAMESPACE = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;

/**
 * A record in which nothing is found but what was put there: `constructor` and `toString` are names of secrets
 * like any other.
 */
export function byName<T>(record: Readonly<Record<string, T>> = {}): Readonly<Record<string, T>> {
  return Object.assign(Object.create(null) as Record<string, T>, record);
}

/** What is wrong with a secret's name, as a sentence that does not repeat it; `undefined` where it is right. */
export function nameProblem(name: string): string | undefined {
  if (NAME.test(name)) return undefined;
  return "a secret's name is made of letters, digits and _, does not begin with a digit, and has at most 128 characters";
}

/** What is wrong with a namespace; `undefined` where it is right. */
export function namespaceProblem(namespace: string): string | undefined {
  if (NAMESPACE.test(namespace)) return undefined;
  return `"${namespace}" is not a namespace: letters, digits, ".", "_" and "-", at most 64 characters`;
}

/** The keychain's service for a namespace: `flowctl`, or `flowctl:<namespace>`. */
export function serviceOf(namespace: string): string {
  return namespace === "" ? "flowctl" : `flowctl:${namespace}`;
}

/** The environment variable that overrides a secret everywhere. */
export function variableOf(name: string): string {
  return `FLOWCTL_SECRET_${name}`;
}
