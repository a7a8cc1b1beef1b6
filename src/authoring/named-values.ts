import { cacheValidators as allValidators } from "../model/cache-validators.ts";
import { userError } from "../model/error.ts";
import { isPlainObject } from "../model/plain-object.ts";
import { triggers as allTriggers, type Bounds, type CountingTrigger } from "../model/triggers.ts";
import { callSite } from "./call-site.ts";
import { nearest } from "./nearest.ts";

/** All triggers by the names they have in TypeScript. A name that there is not throws, and is not the default one. */
export const triggers = closed("trigger", "triggers", {
  ...allTriggers,
  someFailed: bounded("someFailed", allTriggers.someFailed),
  someSuccessful: bounded("someSuccessful", allTriggers.someSuccessful),
});

/** The validators of Prefect 1.x, for `cacheValidator`. A name that there is not throws. */
export const cacheValidators = closed("cache validator", "cacheValidators", allValidators);

/** Reads as the object does, but for a misspelt name, which no compiler may have seen. */
function closed<T extends object>(what: string, list: string, values: T): T {
  return new Proxy(values, {
    get(target, key, receiver) {
      // `then` and `toJSON` are asked of anything that is awaited or printed.
      if (typeof key === "symbol" || key in target || key === "then" || key === "toJSON")
        return Reflect.get(target, key, receiver) as unknown;
      const names = Object.keys(target);
      const near = nearest(key, names);
      throw userError("usage", "UNKNOWN_NAME", `There is no ${what} "${key}".`, {
        ...callSite(),
        help: near === undefined ? `There are ${names.join(", ")}.` : `Write ${list}.${near}.`,
      });
    },
  });
}

const BOUNDS: readonly string[] = ["atLeast", "atMost"] satisfies readonly (keyof Bounds)[];

function bounded(name: string, make: (bounds?: Bounds) => CountingTrigger): (bounds?: Bounds) => CountingTrigger {
  return (bounds) => {
    const given: unknown = bounds ?? {};
    const strange = isPlainObject(given) ? Object.keys(given).find((key) => !BOUNDS.includes(key)) : "";
    if (strange === undefined) return make(bounds);
    const what = strange === "" ? `takes its bounds as an object` : `has no bound "${strange}"`;
    throw userError("usage", "TRIGGER_BOUNDS", `The trigger ${name} ${what}.`, {
      ...callSite(),
      help: `Write triggers.${name}({ atLeast: 2 }), with atMost, too, where there is an upper bound.`,
    });
  };
}
