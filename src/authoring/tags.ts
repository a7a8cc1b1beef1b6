import { userError } from "../model/error.ts";
import { tagging } from "./building.ts";

/**
 * Adds tags to all tasks that are made in a function, and to flows. Blocks inside one another add up.
 *
 * @returns what the function returns
 * @example tags("nightly", "db", () => { load(); });
 */
export function tags<T>(...args: readonly [...names: string[], define: () => T]): T {
  const define = args.at(-1);
  const names = args.slice(0, -1);
  if (typeof define !== "function" || !names.every((each) => typeof each === "string" && each !== "")) {
    throw userError("usage", "FLOW_TAGS", "tags(…) takes texts and, last, a function.", {
      help: 'Write tags("a", "b", () => { … }).',
    });
  }
  return tagging(names as string[], define);
}
