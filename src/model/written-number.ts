import { isPlainObject } from "./plain-object.ts";

/**
 * A number with the spelling it has in a YAML file, if that is not the number's own: `3.10`, `012345678901`, `0x1F`.
 * Texts take the spelling, expressions count with the value. Task functions get the plain value.
 */
export class WrittenNumber {
  /** True once any was made: values are only searched for them then. */
  static exists = false;
  readonly text: string;
  readonly value: number | bigint;

  constructor(text: string, value: number | bigint) {
    this.text = text;
    this.value = value;
    WrittenNumber.exists = true;
  }

  toString(): string {
    return this.text;
  }

  toJSON(): number | bigint {
    return this.value;
  }
}

/** The number as it is written, or the number alone if the spelling is its own. */
export function writtenNumber(text: string, value: number): number | WrittenNumber {
  if (String(value) === text || !Number.isFinite(value)) return value;
  const isInteger =
    Number.isInteger(value) && !Number.isSafeInteger(value) && /^[-+]?(?:\d+|0[xo][\da-fA-F]+)$/.test(text);
  if (!isInteger) return new WrittenNumber(text, value);
  const digits = BigInt(text.replace(/^[-+]/, ""));
  return new WrittenNumber(text, text.startsWith("-") ? -digits : digits);
}

/** The data with every number as its value. What holds no written number is returned as it is. */
export function plainNumbers(data: unknown): unknown {
  return WrittenNumber.exists ? replaced(data, (number) => number.value, new Set()) : data;
}

/** The data with every written number as its text. */
export function spelledNumbers(data: unknown): unknown {
  return WrittenNumber.exists ? replaced(data, (number) => number.text, new Set()) : data;
}

function replaced(data: unknown, replace: (number: WrittenNumber) => unknown, parents: Set<object>): unknown {
  if (data instanceof WrittenNumber) return replace(data);
  if (typeof data !== "object" || data === null || parents.has(data)) return data;
  if (!Array.isArray(data) && !isPlainObject(data)) return data;
  parents.add(data);
  const entries = Object.entries(data);
  const made = entries.map(([key, each]) => [key, replaced(each, replace, parents)] as const);
  parents.delete(data);
  if (made.every(([, each], index) => Object.is(each, entries[index]?.[1]))) return data;
  return Array.isArray(data) ? made.map(([, each]) => each) : Object.fromEntries(made);
}

/** The data with the spelling that equal numbers have at the same places of `written`. */
export function respelled(written: unknown, data: unknown): unknown {
  if (written instanceof WrittenNumber) return written.value === data ? written : data;
  if (typeof written !== "object" || written === null || typeof data !== "object" || data === null) return data;
  if (Array.isArray(written) && Array.isArray(data) && written.length === data.length)
    return data.map((each: unknown, index) => respelled(written[index], each));
  if (!isPlainObject(written) || !isPlainObject(data)) return data;
  const spelled = new Map(Object.entries(written));
  return Object.fromEntries(Object.entries(data).map(([key, each]) => [key, respelled(spelled.get(key), each)]));
}

const SPELLED = new WeakMap<object, Readonly<Record<string, unknown>>>();

/** Remembers the spelling of a run's parameters; the parameters themselves stay plain. */
export function rememberSpelling(params: object, written: Readonly<Record<string, unknown>>): void {
  SPELLED.set(params, written);
}

/** The parameters as they were written, if that is known. */
export function spellingOf(params: object): Readonly<Record<string, unknown>> | undefined {
  return SPELLED.get(params);
}
