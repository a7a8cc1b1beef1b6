import { WrittenNumber } from "../model/written-number.ts";

/** Why a value cannot be kept, in the words of a sentence's end: "it holds a function (at .handler)". */
export class Unkeepable extends Error {
  override readonly name = "Unkeepable";
}

/** What a value must comply with to be kept. */
export interface PackOptions {
  /** Takes secrets out of a text: a value that it would change is not kept at all. */
  readonly redact: (text: string) => string;
  /** Characters of its text. */
  readonly limit: number;
}

/** A value that is kept, and its length as text. */
export interface Kept {
  /** As it stands in a line of JSON: a member `json` or `devalue`, or nothing for `null`. */
  readonly text: string;
}

/**
 * Turns a value into text. What JSON holds is done at once; dates, maps, sets, big integers, bytes, errors
 * and values that refer to themselves wait for the package that knows them to be loaded.
 *
 * @throws Unkeepable, at once or later: a function, an object of a class, a secret, too long
 */
export function pack(value: unknown, options: PackOptions): Kept | Promise<Kept> {
  if (value === null || value === undefined) return NOTHING;
  if (typeof value === "boolean") return { text: `"json":${String(value)}` };
  if (typeof value === "number" && isJsonNumber(value)) return safe(`"json":${String(value)}`, options);
  const look = { left: options.limit, redact: options.redact, inside: [] };
  if (!isJson(value, look)) return packMore(value, options);
  if (look.left < 0) throw tooLong(options.limit);
  return safe(`"json":${JSON.stringify(value)}`, options);
}

const NOTHING: Kept = { text: "" };

/** Reads a value back from the members of its line. */
export async function unpack(line: { readonly json?: unknown; readonly devalue?: unknown }): Promise<unknown> {
  if (typeof line.devalue !== "string") return line.json ?? null;
  const { parse } = await import("devalue");
  return parse(line.devalue, { ...READ_WRITTEN, Error: (parts: unknown) => errorOf(parts as ErrorParts) });
}

/** What devalue writes of a number that keeps its spelling, and how it reads it. */
export const WRITE_WRITTEN = {
  WrittenNumber: (value: unknown) => value instanceof WrittenNumber && [value.text, value.value],
};
export const READ_WRITTEN = {
  WrittenNumber: ([spelling, value]: [string, number | bigint]) => new WrittenNumber(spelling, value),
};

async function packMore(value: unknown, options: PackOptions): Promise<Kept> {
  const { stringify, DevalueError } = await import("devalue");
  let text: string;
  try {
    text = stringify(value, { ...WRITE_WRITTEN, Error: (each: unknown) => each instanceof Error && partsOf(each) });
  } catch (error) {
    if (error instanceof DevalueError) throw new Unkeepable(why(error.message, error.path));
    throw new Unkeepable(`it cannot be read: ${error instanceof Error ? error.message : String(error)}`);
  }
  if (text.length > options.limit) throw tooLong(options.limit);
  JSON.parse(text, (_key, each: unknown) => (typeof each === "string" ? innocent(each, options.redact) : each));
  return safe(`"devalue":${JSON.stringify(text)}`, options);
}

type ErrorParts = readonly [name: string, message: string, stack: string | undefined, cause: unknown];

function partsOf(error: Error): ErrorParts {
  return [error.name, error.message, error.stack, error.cause];
}

function errorOf([name, message, stack, cause]: ErrorParts): Error {
  const error = new Error(message, cause === undefined ? {} : { cause });
  return Object.assign(error, { name, ...(stack === undefined ? {} : { stack }) });
}

function why(message: string, path: string | undefined): string {
  const what = /function/.test(message)
    ? "a function"
    : /symbol/i.test(message)
      ? "a symbol"
      : /promise/i.test(message)
        ? "a promise"
        : "an object of a class";
  return path === undefined || path === "" ? `it is ${what}` : `it holds ${what} (at ${path})`;
}

function tooLong(limit: number): Unkeepable {
  return new Unkeepable(`it is longer than ${String(Math.round(limit / 2 ** 20))} MiB`);
}

/** Looks at a text by itself, before it is escaped: an escaped secret looks like another text. */
function innocent(text: string, redact: (text: string) => string): string {
  if (redact(text) !== text) throw secret();
  return text;
}

/** Looks at the whole once more: names of fields, numbers, and what was put together of several parts. */
function safe(text: string, { redact }: PackOptions): Kept {
  if (redact(text) !== text) throw secret();
  return { text };
}

function secret(): Unkeepable {
  return new Unkeepable("it holds a secret");
}

/** What is deeper would be too much for the stack, here or when it is read. */
const DEEPEST = 500;

/** A look through a value: how much more of it there may be, and what secrets are. */
interface Look {
  left: number;
  readonly redact: (text: string) => string;
  /** What is being looked through: a value in it again refers to itself. */
  readonly inside: object[];
}

/** Whether a value comes back from JSON as it was. It stops looking where there is more than may be kept. */
function isJson(value: unknown, look: Look): boolean {
  if (look.left < 0) return true;
  look.left -= 5;
  if (typeof value === "string") {
    look.left -= value.length;
    innocent(value, look.redact);
    return true;
  }
  if (typeof value === "number") return isJsonNumber(value);
  if (typeof value !== "object" || value === null) return value === null || typeof value === "boolean";
  if (look.inside.includes(value)) return false;
  if (look.inside.length > DEEPEST) throw new Unkeepable(`it is nested more than ${DEEPEST} deep`);
  look.inside.push(value);
  const holds = Array.isArray(value) ? isJsonList(value, look) : isJsonObject(value, look);
  look.inside.pop();
  return holds;
}

function isJsonNumber(value: number): boolean {
  return Number.isFinite(value) && !Object.is(value, -0);
}

function isJsonList(list: readonly unknown[], look: Look): boolean {
  for (let i = 0; i < list.length; i++) if (!(i in list) || !isJson(list[i], look)) return false;
  return true;
}

function isJsonObject(value: object, look: Look): boolean {
  if (Object.getPrototypeOf(value) !== Object.prototype || "toJSON" in value) return false;
  for (const [key, each] of Object.entries(value)) {
    look.left -= key.length;
    if (key === "__proto__" || !isJson(each, look)) return false;
  }
  return true;
}
