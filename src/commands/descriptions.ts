import type { Source } from "../spec/source.ts";

/** What a spec says for people: of the flow, a parameter or a task. Undefined where it says nothing, or is no spec. */
export type Describe = (...place: readonly string[]) => string | undefined;

/** Reads a spec's `description`s: `describe()` is the flow's own, `describe("tasks", "load")` that of a task. */
export async function descriptionsOf(source: Source | undefined): Promise<Describe> {
  if (source === undefined) return () => undefined;
  const { valueAt } = await import("../spec/problems.ts");
  return (...place) => {
    const text = valueAt(source.value, [...place, "description"]);
    return typeof text === "string" && text !== "" ? text : undefined;
  };
}
