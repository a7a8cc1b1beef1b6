/** What can be mapped over: lists, typed arrays, and texts by character. */
export function asList(value: unknown): ArrayLike<unknown> | undefined {
  if (Array.isArray(value)) return value as unknown[];
  if (typeof value === "string") return Array.from(value);
  if (ArrayBuffer.isView(value) && "length" in value) return value as unknown as ArrayLike<unknown>;
  return undefined;
}
