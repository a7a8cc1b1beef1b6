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

/** A time for people with its distance from UTC: `2026-11-23 06:47:59 +01:00`, or `2026-11-23 05:47:59 UTC`. */
export function shownTime(at: number, zone: string): string {
  const { fields, distance } = clockIn(at, zone);
  return `${fields.slice(0, 19).replace("T", " ")} ${distance === "Z" ? "UTC" : distance}`;
}

/** A time as ISO 8601 with its distance from UTC: `2026-11-23T06:47:59.000+01:00`. */
export function isoTime(at: number, zone: string): string {
  const { fields, distance } = clockIn(at, zone);
  return `${fields}${distance}`;
}

/** What a clock in a zone shows, and its distance from UTC: `+01:00`, or `Z` for UTC. */
function clockIn(at: number, zone: string): { readonly fields: string; readonly distance: string } {
  // A message of another version may name a zone that this system does not know.
  const offset = zone === "UTC" || !isTimeZone(zone) ? undefined : offsetAt(at, zone);
  const fields = new globalThis.Date(at + (offset ?? 0)).toISOString().slice(0, -1);
  if (offset === undefined) return { fields, distance: "Z" };
  const distance = new globalThis.Date(Math.abs(offset)).toISOString().slice(11, 16);
  return { fields, distance: `${offset < 0 ? "-" : "+"}${distance}` };
}
