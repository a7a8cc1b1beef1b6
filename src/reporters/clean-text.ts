import { clean } from "../model/clean.ts";

/** Text as it may stand on a person's terminal or in a log: without anything a terminal obeys. */
export function cleanText(text: string): string {
  return clean(text).replaceAll("\t", "  ").replaceAll("\n", "");
}

/** A line of a task's output in a log: tabs stay, and colours where they are shown; none colours the next line. */
export function logLine(text: string, { colours }: { readonly colours: boolean }): string {
  const line = clean(text, { colours }).replaceAll("\n", "");
  return colours && line.includes("\u001b[") && !line.endsWith(RESET) ? line + RESET : line;
}

const RESET = "\u001b[0m";

/** The first line of a text, clean. */
export function firstLine(text: string): string {
  const end = text.indexOf("\n");
  return cleanText(end === -1 ? text : text.slice(0, end)).trim();
}
