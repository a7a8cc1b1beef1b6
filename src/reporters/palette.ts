import type { ColorLevel } from "./mode.ts";

/** The few colours that reporters use. */
export interface Palette {
  readonly red: (text: string) => string;
  readonly yellow: (text: string) => string;
  readonly green: (text: string) => string;
  readonly cyan: (text: string) => string;
  readonly dim: (text: string) => string;
  readonly bold: (text: string) => string;
}

const same = (text: string): string => text;

/** No colour at all. */
export const NO_COLOR: Palette = { red: same, yellow: same, green: same, cyan: same, dim: same, bold: same };

/** The colours of a level. The level is ours: chalk's own guess does not know `NO_COLOR`. */
export async function paletteOf(level: ColorLevel): Promise<Palette> {
  if (level === 0) return NO_COLOR;
  const { Chalk } = await import("chalk");
  return new Chalk({ level });
}

/** The signs that reporters use. */
export interface Glyphs {
  readonly ok: string;
  readonly fail: string;
  readonly skip: string;
  readonly retry: string;
  readonly warn: string;
  readonly bar: string;
  readonly into: string;
  readonly dot: string;
  readonly more: string;
  readonly rule: string;
  readonly full: string;
  readonly spinner: readonly string[];
}

const UNICODE: Glyphs = {
  ok: "✔",
  fail: "✖",
  skip: "○",
  retry: "↻",
  warn: "!",
  bar: "│",
  into: "›",
  dot: "·",
  more: "…",
  rule: "━",
  full: "█",
  spinner: ["⠋", "⠙", "⠹", "⠸", "⠼", "⠴", "⠦", "⠧", "⠇", "⠏"],
};

const ASCII: Glyphs = {
  ok: "+",
  fail: "x",
  skip: "o",
  retry: "~",
  warn: "!",
  bar: "|",
  into: ">",
  dot: "-",
  more: "...",
  rule: "=",
  full: "#",
  spinner: ["|", "/", "-", "\\"],
};

/** The signs for a terminal that shows more than ASCII, or does not. */
export function glyphsOf(unicode: boolean): Glyphs {
  return unicode ? UNICODE : ASCII;
}
