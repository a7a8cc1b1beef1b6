import { isPlainObject } from "../model/plain-object.ts";
import type { TemplateValues } from "../model/notification.ts";
import { WrittenNumber } from "../model/written-number.ts";
import { READ_WRITTEN, WRITE_WRITTEN } from "./pack.ts";

/**
 * Returns the values as text for the run manifest, with their types and without secrets. A parameter that has no text,
 * such as a function, is left out.
 */
export async function packValues(
  { params = {}, env = {} }: TemplateValues,
  redact: (text: string) => string,
): Promise<string> {
  const { stringify } = await import("devalue");
  const kept = Object.entries(params).filter(([, value]) => {
    try {
      stringify(value, WRITE_WRITTEN);
      return true;
    } catch {
      return false;
    }
  });
  return stringify({ params: redacted(Object.fromEntries(kept), redact), env: redacted(env, redact) }, WRITE_WRITTEN);
}

/** Reads the values back; none where the text is damaged. */
export async function unpackValues(text: string): Promise<TemplateValues> {
  const { parse } = await import("devalue");
  try {
    const values: unknown = parse(text, READ_WRITTEN);
    return isPlainObject(values) ? values : {};
  } catch {
    return {};
  }
}

/** A value of plain data without secrets: one that is a number becomes text. Keys are masked, too. */
function redacted(value: unknown, redact: (text: string) => string): unknown {
  if (typeof value === "string") return redact(value);
  if (typeof value === "number" || typeof value === "bigint" || value instanceof WrittenNumber) {
    const text = String(value);
    const masked = redact(text);
    return masked === text ? value : masked;
  }
  if (Array.isArray(value)) return value.map((each) => redacted(each, redact));
  if (value instanceof Map)
    return new Map([...value].map(([key, each]) => [redacted(key, redact), redacted(each, redact)]));
  if (value instanceof Set) return new Set([...value].map((each) => redacted(each, redact)));
  if (!isPlainObject(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [redact(key), redacted(each, redact)]));
}
