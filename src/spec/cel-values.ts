import { Signal } from "../model/signal.ts";
import { isMoment } from "./template.ts";

/**
 * Turns data into what CEL counts with: whole numbers become its integers,
 * `undefined` becomes null. What a task threw is its name and message; data that
 * holds itself ends where it would begin again.
 */
export function toCel(value: unknown, around: readonly unknown[] = []): unknown {
  if (typeof value === "number") return Number.isSafeInteger(value) ? BigInt(value) : value;
  if (value === undefined || typeof value === "function" || typeof value === "symbol") return null;
  if (value instanceof Error) return { name: value.name, message: value.message };
  if (value instanceof Signal) return { name: value.state.type, message: value.message };
  if (typeof value !== "object" || value === null || isMoment(value)) return value;
  if (around.includes(value)) return null;
  const inside = [...around, value];
  if (Array.isArray(value)) return value.map((each) => toCel(each, inside));
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, toCel(each, inside)]));
}

/** Turns CEL's values back into data: its integers become numbers. */
export function fromCel(value: unknown): unknown {
  if (typeof value === "bigint") return Number(value);
  if (Array.isArray(value)) return value.map(fromCel);
  if (value instanceof Map)
    return Object.fromEntries(Array.from(value, ([key, each]) => [String(fromCel(key)), fromCel(each)]));
  if (typeof value !== "object" || value === null || isMoment(value)) return value;
  if (Object.getPrototypeOf(value) !== Object.prototype && Object.getPrototypeOf(value) !== null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, fromCel(each)]));
}
