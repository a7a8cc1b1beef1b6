/** What an import of a CommonJS module or of JSON gives: its value as `default`, and its properties by name. */
export function namespaceOf(value: unknown): Record<string, unknown> {
  const properties = typeof value === "object" || typeof value === "function" ? { ...(value as object) } : {};
  return { ...properties, default: value };
}
