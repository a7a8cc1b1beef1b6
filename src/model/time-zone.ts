/** Whether a text is the name of a time zone: `Europe/Oslo`, `UTC`, `+02:00`. */
export function isTimeZone(name: string): boolean {
  try {
    new Intl.DateTimeFormat("en", { timeZone: name });
    return true;
  } catch {
    return false;
  }
}

/** The fields that a clock in a time zone shows; the month counts from 1, the weekday from 0 for Sunday. */
export interface ClockTime {
  readonly year: number;
  readonly month: number;
  readonly day: number;
  readonly hour: number;
  readonly minute: number;
  readonly second: number;
}

const FORMATS = new Map<string, Intl.DateTimeFormat>();

/** @param at milliseconds since the epoch */
export function clockTime(at: number, zone: string): ClockTime {
  let format = FORMATS.get(zone);
  if (format === undefined) {
    const two = "2-digit" as const;
    format = new Intl.DateTimeFormat("en-u-ca-iso8601-hc-h23", {
      ...{ timeZone: zone, year: "numeric", month: two, day: two, hour: two, minute: two, second: two },
    });
    FORMATS.set(zone, format);
  }
  const parts = new Map(format.formatToParts(at).map(({ type, value }) => [type, Number(value)]));
  const part = (type: Intl.DateTimeFormatPartTypes): number => parts.get(type) ?? 0;
  return {
    ...{ year: part("year"), month: part("month"), day: part("day") },
    ...{ hour: part("hour"), minute: part("minute"), second: part("second") },
  };
}

/** The moment at which a clock in a zone shows these fields. @param shown them as if they were UTC, in milliseconds */
export function momentIn(shown: number, zone: string): number {
  const first = shown - offsetAt(shown, zone);
  return shown - offsetAt(first, zone);
}

function offsetAt(at: number, zone: string): number {
  const { year, month, day, hour, minute, second } = clockTime(at, zone);
  return globalThis.Date.UTC(year, month - 1, day, hour, minute, second) - Math.floor(at / 1000) * 1000;
}
