import { readParameter } from "../authoring/read-parameter.ts";
import type { ParameterDeclaration } from "../model/parameter.ts";
import type { TaskEntry } from "./flow-schema.ts";

/** The outputs a task says it writes, with the types their texts are read as; `undefined` for text as it is. */
export type DeclaredOutputs = ReadonlyMap<string, ParameterDeclaration["type"]>;

/** What `outputs:` of a task declares. */
export function declaredOutputs(written: TaskEntry["outputs"]): DeclaredOutputs {
  if (written === undefined) return new Map();
  if (typeof written === "string") return new Map([[written, undefined]]);
  return Array.isArray(written) ? new Map(written.map((name) => [name, undefined])) : new Map(Object.entries(written));
}

/**
 * A script's outputs, the declared ones read as their types.
 *
 * @throws Error naming every declared output that is not there or of another type
 */
export function readOutputs(
  declared: DeclaredOutputs,
  found: Readonly<Record<string, unknown>>,
): Readonly<Record<string, unknown>> {
  const read: Record<string, unknown> = { ...found };
  const wrong: string[] = [];
  for (const [name, type] of declared) {
    if (!Object.hasOwn(found, name)) {
      wrong.push(`it did not write its output "${name}" to $FLOWCTL_OUTPUT`);
      continue;
    }
    const answer = readParameter({ name, required: true, ...(type === undefined ? {} : { type }) }, found[name], true);
    if ("value" in answer) read[name] = answer.value;
    else wrong.push(`its output "${name}" ${answer.wrong}`);
  }
  if (wrong.length > 0) throw new Error(wrong.join("; "));
  return read;
}
