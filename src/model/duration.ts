import ms from "ms";

/**
 * A length of time as people write it: a text such as `250ms`, `10s`, `5m`,
 * `2h`, `1d`, or a number of milliseconds.
 */
export type Duration = number | `${number}${"ms" | "s" | "m" | "h" | "d"}`;

const SHAPE = /^\d+(\.\d+)?\s*(ms|s|m|h|d)$/;

/** @returns milliseconds; `undefined` where the value is not a duration */
export function parseDuration(value: unknown): number | undefined {
  if (typeof value === "number") return Number.isFinite(value) && value >= 0 ? value : undefined;
  if (typeof value !== "string" || !SHAPE.test(value.trim())) return undefined;
  return ms(value.trim() as ms.StringValue);
}

/** A duration as people write it: `250ms`, `10s`, `90s`, `5m`. */
export function writtenDuration(milliseconds: number): string {
  const units = { d: 86_400_000, h: 3_600_000, m: 60_000, s: 1000 };
  const [unit, length] = Object.entries(units).find(([, each]) => milliseconds % each === 0) ?? ["ms", 1];
  return `${milliseconds / length}${unit}`;
}

/** A duration for people: `0.3s`, `14.2s`, `3m 05s`, `2h 04m`. */
export function formatDuration(milliseconds: number): string {
  const seconds = milliseconds / 1000;
  if (seconds < 59.95) return `${seconds.toFixed(1)}s`;
  const whole = Math.round(seconds);
  const two = (value: number): string => String(value).padStart(2, "0");
  if (whole < 3600) return `${Math.floor(whole / 60)}m ${two(whole % 60)}s`;
  return `${Math.floor(whole / 3600)}h ${two(Math.floor((whole % 3600) / 60))}m`;
}
