import { clean } from "../model/clean.ts";

/** Text as it may stand on a person's terminal or in a log: without anything a terminal obeys. */
export function cleanText(text: string): string {
  return clean(text).replaceAll("\t", "  ").replaceAll("\n", "");
}

/** The first line of a text, clean. */
export function firstLine(text: string): string {
  const end = text.indexOf("\n");
  return cleanText(end === -1 ? text : text.slice(0, end)).trim();
}

/** A text as a cell of a table: clean, and on one line whatever a name holds. */
export function oneLine(text: string): string {
  return cleanText(text.replaceAll(/\s+/g, " "));
}
