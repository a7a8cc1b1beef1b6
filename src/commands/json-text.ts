import { exactJson } from "../model/exact-json.ts";
import type { CommandContext } from "../coordinator/context.ts";

/** A value as indented JSON, ending in a line break, without secrets: redacted text by text, before it is escaped. */
export function jsonText(value: unknown, { redactor }: Pick<CommandContext, "redactor">): string {
  const redacted = (_key: string, each: unknown): unknown => (typeof each === "string" ? redactor.redact(each) : each);
  return `${exactJson(value, redacted, 2)}\n`;
}
