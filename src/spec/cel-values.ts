import { exactInteger } from "../model/exact-json.ts";
import { isPlainObject } from "../model/plain-object.ts";
import { Signal } from "../model/signal.ts";
import { WrittenNumber } from "../model/written-number.ts";
import { isMoment } from "./template.ts";

/**
 * Turns data into what CEL counts with: whole numbers become its integers,
 * `undefined` becomes null. What a task threw is its name and message. Lists and
 * maps are looked at and not copied: an expression may read one field of a large result.
 */
export function toCel(value: unknown): unknown {
  if (typeof value === "number") return Number.isSafeInteger(value) ? BigInt(value) : value;
  if (value instanceof WrittenNumber) return toCel(value.value);
  if (value === undefined || typeof value === "function" || typeof value === "symbol") return null;
  if (value instanceof Error) return { name: value.name, message: value.message };
  if (value instanceof Signal) return { name: value.state.type, message: value.message };
  if (typeof value !== "object" || value === null || isMoment(value) || ORIGINALS.has(value)) return value;
  const known = VIEWS.get(value);
  if (known !== undefined) return known;
  const view: object = new Proxy(Array.isArray(value) ? [] : {}, looking(value));
  VIEWS.set(value, view);
  ORIGINALS.set(view, value);
  return view;
}

const VIEWS = new WeakMap<object, object>();
const ORIGINALS = new WeakMap<object, object>();

/** Stands before an empty list or map, not before the value: what is frozen could only be shown as it is. */
function looking(value: object): ProxyHandler<object> {
  const isLength = (key: PropertyKey): boolean => key === "length" && Array.isArray(value);
  const at = (key: PropertyKey): unknown => {
    const found: unknown = Reflect.get(value, key);
    return isLength(key) ? found : toCel(found);
  };
  return {
    get: (empty, key) => (Object.hasOwn(value, key) ? at(key) : (Reflect.get(empty, key) as unknown)),
    has: (empty, key) => Object.hasOwn(value, key) || Reflect.has(empty, key),
    ownKeys: () => Reflect.ownKeys(value),
    getOwnPropertyDescriptor(_, key) {
      const found = Reflect.getOwnPropertyDescriptor(value, key);
      if (found === undefined) return undefined;
      return { value: at(key), enumerable: found.enumerable ?? false, writable: true, configurable: !isLength(key) };
    },
  };
}

/** Turns CEL's values back into data: its integers become numbers, or stay bigints beyond 2^53. */
export function fromCel(value: unknown): unknown {
  if (typeof value === "bigint") return exactInteger(value);
  if (typeof value !== "object" || value === null || isMoment(value)) return value;
  const original = ORIGINALS.get(value);
  if (original !== undefined) return original;
  if (Array.isArray(value)) return value.map(fromCel);
  if (value instanceof Map)
    return Object.fromEntries(Array.from(value, ([key, each]) => [String(fromCel(key)), fromCel(each)]));
  if (!isPlainObject(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, fromCel(each)]));
}
