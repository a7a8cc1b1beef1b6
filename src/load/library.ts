declare const FLOWCTL_BUNDLED: boolean | undefined;

/**
 * Where `flowctl` and `flowctl/testing` are, for whatever is loaded: the library
 * of the command line that runs, so that there is one copy and `instanceof` holds.
 *
 * @returns a URL, or `undefined` for any other specifier
 */
export function libraryUrl(specifier: string): string | undefined {
  const name = specifier === "flowctl" ? "index" : specifier === "flowctl/testing" ? "testing" : undefined;
  if (name === undefined) return undefined;
  return typeof FLOWCTL_BUNDLED === "undefined"
    ? new URL(`../${name}.ts`, import.meta.url).href
    : new URL(`./${name}.js`, import.meta.url).href;
}

type Namespace = Record<string, unknown>;

let own: Namespace | undefined;

/** Lends the loader the library that is running already, so that nothing reads its file again. */
export function lendLibrary(namespace: Namespace): void {
  own = namespace;
}

/** Imports what is not the person's own: Node's modules, packages, and the library itself. */
export async function importForeign(url: string): Promise<Namespace> {
  return own !== undefined && url === libraryUrl("flowctl") ? own : ((await import(url)) as Namespace);
}
