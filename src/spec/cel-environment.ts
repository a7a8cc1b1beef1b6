import { Environment, evaluate } from "@marcbachmann/cel-js";
import { exactJson, parseExactJson } from "../model/exact-json.ts";
import { parseDuration } from "../model/duration.ts";
import { clockTime, isTimeZone, momentIn } from "../model/time-zone.ts";
import { fromCel, toCel } from "./cel-values.ts";
import { isMoment } from "./template.ts";

/** A length of time as CEL has it; its value is in milliseconds. */
interface Duration {
  valueOf(): number;
}
type DurationClass = new (seconds: bigint, nanoseconds: number) => Duration;
/** The package's class has no exported name. */
let durationClass: DurationClass | undefined;

const TIME = "google.protobuf.Timestamp";
const LENGTH = "google.protobuf.Duration";

/** Stands before the names of CEL's own functions that are replaced here: they cannot be registered once more. */
const OWN = "flowctl_";
const GETTERS = ["FullYear", "Month", "Date", "DayOfMonth", "DayOfWeek", "DayOfYear", "Hours", "Minutes", "Seconds"];
const REPLACED: ReadonlySet<string> = new Set(["timestamp", "duration", ...GETTERS.map((each) => `get${each}`)]);

/** The name under which a function is registered. */
export function registeredName(name: string): string {
  return REPLACED.has(name) ? OWN + name : name;
}

/** A text about an expression, with the names that people write. */
export function withWrittenNames(text: string): string {
  return text.replaceAll(OWN, "");
}

const ENVIRONMENTS = new Map<string, Environment>();

/** CEL with our functions. @param zone the time zone of dates without one */
export function celEnvironment(zone: string): Environment {
  const known = ENVIRONMENTS.get(zone);
  if (known !== undefined) return known;
  const made = new Environment({
    unlistedVariablesAreDyn: true,
    homogeneousAggregateLiterals: false,
    limits: { maxAstNodes: 2000, maxDepth: 60 },
  });
  addArithmetic(made);
  addTimes(made, zone);
  made.registerFunction("json(dyn): string", (value: unknown) => exactJson(fromCel(value)));
  made.registerFunction("sum(list): dyn", total);
  made.registerFunction("parseJson(string): dyn", (text: string) => toCel(parseExactJson(text)));
  ENVIRONMENTS.set(zone, made);
  return made;
}

/** Names of all functions, as people write them. */
export function functionNames(zone: string): readonly string[] {
  const names = celEnvironment(zone)
    .getDefinitions()
    .functions.map(({ name }) => withWrittenNames(name));
  return [...new Set(names)];
}

/** A value of data may be 2 or 2.5: people expect both to be numbers. */
function addArithmetic(made: Environment): void {
  const arithmetic: Readonly<Record<string, (a: number, b: number) => number>> = {
    "+": (a, b) => a + b,
    "-": (a, b) => a - b,
    "*": (a, b) => a * b,
    "/": (a, b) => a / b,
  };
  for (const [sign, compute] of Object.entries(arithmetic))
    for (const [left, right] of [
      ["int", "double"],
      ["double", "int"],
    ])
      made.registerOperator(`${left ?? ""} ${sign} ${right ?? ""}`, (a: bigint | number, b: bigint | number) =>
        compute(Number(a), Number(b)),
      );
}

/** Integers add up exactly; one decimal makes the sum a double. */
function total(list: readonly unknown[]): number | bigint {
  const numbers = list.map((each) => {
    const value = toCel(fromCel(each));
    if (typeof value === "bigint" || typeof value === "number") return value;
    throw new TypeError(`sum() adds numbers, and found ${exactJson(fromCel(each))}`);
  });
  return numbers.every((each) => typeof each === "bigint")
    ? numbers.reduce((sum, each) => sum + each, 0n)
    : numbers.reduce((sum: number, each) => sum + Number(each), 0);
}

/** Points and lengths of time. A text that is a date takes part: parameters of the type `date` are such texts. */
function addTimes(made: Environment, zone: string): void {
  const time = (text: string): Date => timeOf(text, zone);
  const moved = (at: Date, by: Duration, sign: 1 | -1): Date => new globalThis.Date(at.getTime() + sign * by.valueOf());
  made.registerFunction(`${OWN}timestamp(string): ${TIME}`, time);
  made.registerFunction(`${OWN}timestamp(int): ${TIME}`, (seconds: bigint) => inRange(Number(seconds) * 1000));
  made.registerFunction(`${OWN}timestamp(${TIME}): ${TIME}`, (at: Date) => at);
  made.registerFunction(`${OWN}duration(string): ${LENGTH}`, lengthOf);
  made.registerFunction(`${OWN}duration(${LENGTH}): ${LENGTH}`, (length: Duration) => length);
  made.registerFunction(`string(${TIME}): string`, (at: Date) => at.toISOString());
  made.registerFunction(`string(${LENGTH}): string`, (length: Duration) => `${length.valueOf() / 1000}s`);
  made.registerFunction(`int(${TIME}): int`, (at: Date) => BigInt(Math.floor(at.getTime() / 1000)));
  made.registerFunction(`int(${LENGTH}): int`, (length: Duration) => BigInt(Math.trunc(length.valueOf() / 1000)));
  made.registerFunction(`date(${TIME}): string`, (at: Date) => dateIn(at, zone));
  made.registerFunction(`date(${TIME}, string): string`, dateIn);
  made.registerFunction("date(string): string", (text: string) => dateIn(time(text), zone));
  made.registerFunction("date(string, string): string", (text: string, other: string) => dateIn(time(text), other));
  made.registerOperator(`string + ${LENGTH}: ${TIME}`, (text: string, by: Duration) => moved(time(text), by, 1));
  made.registerOperator(`${LENGTH} + string: ${TIME}`, (by: Duration, text: string) => moved(time(text), by, 1));
  made.registerOperator(`string - ${LENGTH}: ${TIME}`, (text: string, by: Duration) => moved(time(text), by, -1));
  const between = (from: Date, to: Date): Duration => durationOf(to.getTime() - from.getTime());
  made.registerOperator(`${TIME} - string: ${LENGTH}`, (at: Date, text: string) => between(time(text), at));
  made.registerOperator(`string - ${TIME}: ${LENGTH}`, (text: string, at: Date) => between(at, time(text)));
  const compare: Readonly<Record<string, (a: Date, b: Date) => boolean>> = {
    "<": (a, b) => a < b,
    "<=": (a, b) => a <= b,
    ">": (a, b) => a > b,
    ">=": (a, b) => a >= b,
  };
  for (const [sign, holds] of Object.entries(compare)) {
    made.registerOperator(`string ${sign} ${TIME}: bool`, (text: string, at: Date) => holds(time(text), at));
    made.registerOperator(`${TIME} ${sign} string: bool`, (at: Date, text: string) => holds(at, time(text)));
  }
  for (const name of GETTERS) {
    made.registerFunction(`${TIME}.${OWN}get${name}(): int`, (at: Date) => BigInt(fieldOf(name, at, zone)));
    made.registerFunction(`${TIME}.${OWN}get${name}(string): int`, (at: Date, other: string) =>
      BigInt(fieldOf(name, at, other)),
    );
  }
  for (const [name, size] of [
    ["Hours", 3600],
    ["Minutes", 60],
    ["Seconds", 1],
  ] as const)
    made.registerFunction(`${LENGTH}.${OWN}get${name}(): int`, (length: Duration) =>
      BigInt(Math.trunc(length.valueOf() / 1000 / size)),
    );
}

const DAY_MS = 86_400_000;

/** A field of a date in CEL's counting: months and days of the month and of the year from 0. */
function fieldOf(name: string, at: Date, zone: string): number {
  const shown = clockTime(at.getTime(), requireZone(zone));
  const day = globalThis.Date.UTC(shown.year, shown.month - 1, shown.day);
  switch (name) {
    case "FullYear":
      return shown.year;
    case "Month":
      return shown.month - 1;
    case "Date":
      return shown.day;
    case "DayOfMonth":
      return shown.day - 1;
    case "DayOfWeek":
      return new globalThis.Date(day).getUTCDay();
    case "DayOfYear":
      return (day - globalThis.Date.UTC(shown.year, 0, 1)) / DAY_MS;
    case "Hours":
      return shown.hour;
    case "Minutes":
      return shown.minute;
    default:
      return shown.second;
  }
}

/** The date in a time zone, as `2026-01-31`. */
function dateIn(at: Date, zone: string): string {
  const { year, month, day } = clockTime(at.getTime(), requireZone(zone));
  const two = (value: number): string => String(value).padStart(2, "0");
  return `${String(year).padStart(4, "0")}-${two(month)}-${two(day)}`;
}

function requireZone(zone: string): string {
  if (!isTimeZone(zone)) throw new Error(`there is no time zone "${zone}"`);
  return zone;
}

const TIME_TEXT = /^(\d{4}-\d{2}-\d{2})(?:[T ](\d{2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?)(Z|[+-]\d{2}:?\d{2})?)?$/i;

/** A date, or a date and time; in the zone where it names none. */
function timeOf(text: string, zone: string): Date {
  const [, day = "", clock = "00:00", offset] = TIME_TEXT.exec(text) ?? [];
  const wrong = (): Error => new Error(`"${text.slice(0, 60)}" is no date, nor a date and time`);
  const shown = globalThis.Date.parse(`${day}T${clock}${offset ?? "Z"}`);
  // JavaScript takes February 31st for March 3rd.
  const isDay = globalThis.Date.parse(day) >= 0 || !Number.isNaN(globalThis.Date.parse(day));
  if (Number.isNaN(shown) || !isDay || !new globalThis.Date(globalThis.Date.parse(day)).toISOString().startsWith(day))
    throw wrong();
  return new globalThis.Date(offset === undefined ? momentIn(shown, zone) : shown);
}

function inRange(at: number): Date {
  const made = new globalThis.Date(at);
  if (!isMoment(made) || Number.isNaN(made.getTime())) throw new Error("this time is out of range");
  return made;
}

/** CEL's units that are shorter than ours, in milliseconds. */
const SHORT_UNITS: Readonly<Record<string, number>> = { us: 1e-3, µs: 1e-3, ns: 1e-6 };

/** A length of time as everywhere in flowctl, with a sign and CEL's shorter units. */
function lengthOf(text: string): Duration {
  const sign = text.startsWith("-") ? -1 : 1;
  const plain = text.replace(/^[-+]/, "");
  const [, number, unit = ""] = /^(\d+(?:\.\d+)?)(us|µs|ns)$/.exec(plain) ?? [];
  const length = number === undefined ? parseDuration(plain) : Number(number) * (SHORT_UNITS[unit] ?? 0);
  if (length === undefined && plain !== "0")
    throw new Error(`"${text.slice(0, 60)}" is no length of time such as 30s, 5m, 1h30m, 1d or PT5M`);
  return durationOf(sign * (length ?? 0));
}

function durationOf(milliseconds: number): Duration {
  const seconds = Math.floor(milliseconds / 1000);
  durationClass ??= (evaluate('duration("0s")') as object).constructor as DurationClass;
  return new durationClass(BigInt(seconds), Math.round((milliseconds - seconds * 1000) * 1e6));
}
