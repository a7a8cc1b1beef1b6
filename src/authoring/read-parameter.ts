import { exactInteger, exactJson, parseExactJson } from "../model/exact-json.ts";
import type { ParameterDeclaration } from "../model/parameter.ts";
import { momentIn } from "../model/time-zone.ts";

type Answer = { readonly value: unknown } | { readonly wrong: string };

/**
 * Reads one value as its declaration says. Text stays as it is for a string or
 * where no type is declared: `1.10`, `007`, `true` and the empty text are texts.
 *
 * @param isText whether the value comes from a command line
 * @returns the value, or what is wrong with it: `must be …, not …`
 */
export function readParameter(declaration: ParameterDeclaration, value: unknown, isText: boolean): Answer {
  const answer = typed(declaration, value, isText);
  if ("wrong" in answer || declaration.enum === undefined) return answer;
  const found = exactJson(answer.value);
  if (declaration.enum.some((each) => exactJson(asTyped(declaration, each)) === found)) return answer;
  return wrong(`one of ${declaration.enum.map((each) => exactJson(each)).join(", ")}`, value);
}

/** A choice as its type: a datetime is written as text. */
function asTyped(declaration: ParameterDeclaration, choice: unknown): unknown {
  const read = typed(declaration, choice, false);
  return "value" in read ? read.value : choice;
}

const wrong = (expected: string, value: unknown): Answer => ({ wrong: `must be ${expected}, not ${show(value)}` });

function show(value: unknown): string {
  const text = exactJson(value) as string | undefined;
  if (text === undefined) return typeof value;
  return text.length > 60 ? `${text.slice(0, 57)}…` : text;
}

function typed(declaration: ParameterDeclaration, value: unknown, isText: boolean): Answer {
  const type: ParameterDeclaration["type"] = declaration.type;
  switch (type) {
    case undefined:
      return { value };
    case "string":
      return typeof value === "string" ? { value } : wrong("a text", value);
    case "number":
    case "integer":
      return number(type, value, isText);
    case "boolean":
      if (typeof value === "boolean") return { value };
      return isText && (value === "true" || value === "false")
        ? { value: value === "true" }
        : wrong("true or false", value);
    case "date":
      return typeof value === "string" && value.length === 10 && isDay(value)
        ? { value }
        : wrong("a date such as 2026-01-31", value);
    case "datetime":
      return datetime(value, declaration.zone ?? "UTC");
    case "array":
    case "object":
      return json(type, value, isText);
  }
}

function number(type: "number" | "integer", value: unknown, isText: boolean): Answer {
  const looksRight = typeof value === "string" && /^[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?$/.test(value);
  // Whole numbers are exact, however long they are.
  const isWhole = typeof value === "string" && /^[+-]?\d+$/.test(value);
  const whole = isWhole ? exactInteger(BigInt(value.replace(/^\+/, ""))) : Number(value);
  const read = isText && looksRight ? whole : value;
  if (typeof read === "bigint") return { value: read };
  if (typeof read !== "number" || !Number.isFinite(read))
    return wrong(type === "integer" ? "a whole number" : "a number", value);
  if (type === "integer" && !Number.isSafeInteger(read)) return wrong("a whole number", value);
  return { value: read };
}

/**
 * Reads a text as ISO 8601, in the zone if it names none; `null` passes. Prefect's `DateTimeParameter` reads such a text
 * in UTC, which is the default zone here.
 */
function datetime(value: unknown, zone: string): Answer {
  if (value === null || isDate(value)) return { value };
  if (typeof value !== "string" || !/^\d{4}-\d{2}-\d{2}([T ]\d{2}:\d{2}|$)/.test(value)) {
    return wrong("a date and time such as 2026-01-31T08:30:00Z", value);
  }
  // JavaScript takes February 31st for March 3rd.
  if (!isDay(value)) return wrong("a date that is in the calendar", value);
  const isZoned = /([zZ]|[+-]\d{2}:?\d{2})$/.test(value.slice(10));
  const read = new globalThis.Date((isZoned || value.length === 10 ? value : `${value}Z`).replace(" ", "T"));
  if (Number.isNaN(read.getTime())) return wrong("a date and time such as 2026-01-31T08:30:00Z", value);
  return { value: isZoned || zone === "UTC" ? read : new globalThis.Date(momentIn(read.getTime(), zone)) };
}

/** Whether a text begins with a day that there is. */
function isDay(text: string): boolean {
  const day = /^\d{4}-\d{2}-\d{2}/.exec(text)?.[0];
  const read = day === undefined ? undefined : new globalThis.Date(day);
  return read !== undefined && !Number.isNaN(read.getTime()) && read.toISOString().startsWith(day ?? "");
}

const isDate = (value: unknown): boolean => Object.prototype.toString.call(value) === "[object Date]";

function json(type: "array" | "object", value: unknown, isText: boolean): Answer {
  let read = value;
  if (isText && typeof value === "string") {
    try {
      read = parseExactJson(value);
    } catch {
      return wrong(type === "array" ? "a JSON list" : "a JSON object", value);
    }
  }
  const holds =
    type === "array" ? Array.isArray(read) : typeof read === "object" && read !== null && !Array.isArray(read);
  return holds ? { value: read } : wrong(type === "array" ? "a list" : "an object", value);
}
