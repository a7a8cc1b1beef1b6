import ms from "ms";

type Unit = "ms" | "s" | "m" | "h" | "d";

/**
 * A length of time as people write it: a text such as `250ms`, `10s`, `5m`, `1h30m`, `1d`, the same in ISO 8601
 * (`PT5M`, `P1DT12H`), or a number of milliseconds.
 */
export type Duration = number | `${number}${Unit}` | `${number}${Unit}${number}${Unit}` | `P${string}`;

const SHAPE = /^\d+(\.\d+)?\s*(ms|s|m|h|d)$/;
/** Each unit once, the longest first. */
const COMPOUND = /^(?:(\d+)d)?\s*(?:(\d+)h)?\s*(?:(\d+)m)?\s*(?:(\d+(?:\.\d+)?)s)?\s*(?:(\d+)ms)?$/;
/** Years and months have no length. */
const ISO =
  /^P(?:(\d+(?:\.\d+)?)W)?(?:(\d+(?:\.\d+)?)D)?(?:T(?=\d)(?:(\d+(?:\.\d+)?)H)?(?:(\d+(?:\.\d+)?)M)?(?:(\d+(?:[.,]\d+)?)S)?)?$/;
const LENGTHS_MS = { week: 604_800_000, day: 86_400_000, hour: 3_600_000, minute: 60_000, second: 1000, ms: 1 };

/** @returns milliseconds; `undefined` where the value is not a duration */
export function parseDuration(value: unknown): number | undefined {
  if (typeof value === "number") return Number.isFinite(value) && value >= 0 ? value : undefined;
  if (typeof value !== "string") return undefined;
  const text = value.trim();
  if (SHAPE.test(text)) return ms(text as ms.StringValue);
  const { week, day, hour, minute, second } = LENGTHS_MS;
  return (
    sum(COMPOUND.exec(text), [day, hour, minute, second, LENGTHS_MS.ms]) ??
    sum(ISO.exec(text), [week, day, hour, minute, second])
  );
}

function sum(found: RegExpExecArray | null, lengths: readonly number[]): number | undefined {
  const parts = found?.slice(1) as readonly (string | undefined)[] | undefined;
  if (parts === undefined || parts.every((part) => part === undefined)) return undefined;
  return parts.reduce(
    (total, part, index) => total + Number((part ?? "0").replace(",", ".")) * (lengths[index] ?? 0),
    0,
  );
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
