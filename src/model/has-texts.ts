import { isPlainObject } from "./plain-object.ts";

/** Whether a value that was read from a file is an object with a text under each of these keys. */
export function hasTexts(value: unknown, keys: readonly string[]): value is Readonly<Record<string, unknown>> {
  return isPlainObject(value) && keys.every((key) => typeof value[key] === "string");
}

/** Whether it is a list of texts. */
export function isTexts(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((each) => typeof each === "string");
}
