import type { FlowFile } from "./flow-schema.ts";
import type { Reader, Scope } from "./reader.ts";
import { secretMapsRead } from "./secret-maps.ts";
import type { Path } from "./source.ts";

/** The values of environment variables, by name. */
export type Variables = (scope: Scope) => Readonly<Record<string, unknown>>;

/** Compiles `env:`. Each variable may read those before it. */
export function compileEnv(written: FlowFile["env"], path: Path, reader: Reader): Variables {
  const values = Object.entries(written ?? {}).map(([name, value], index, all) => {
    const before = reader.withVariables(all.slice(0, index).map(([each]) => each));
    return [name, before.data(secretMapsRead(value), [...path, name])] as const;
  });
  return (scope) => {
    const made: Record<string, unknown> = {};
    const env: Record<string, unknown> = { ...(scope["env"] as object) };
    for (const [name, value] of values) made[name] = env[name] = value({ ...scope, env });
    return made;
  };
}
