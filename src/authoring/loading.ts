/** What the loader of modules says of itself while it loads. */
interface Loading {
  readonly depth: number;
  warn(text: string): void;
}

/**
 * Whether the command line is loading the module that calls. It must be asked at
 * once: after an `await` the module may have been loaded.
 *
 * @param what what is ignored for that reason, told as a warning
 */
export function isIgnoredWhileLoading(what: string): boolean {
  const loading = (globalThis as { readonly [key: symbol]: Loading | undefined })[Symbol.for("flowctl.loading")];
  if (loading === undefined || loading.depth === 0) return false;
  loading.warn(`${what} is ignored: flowctl runs the flow itself once its file is loaded`);
  return true;
}
