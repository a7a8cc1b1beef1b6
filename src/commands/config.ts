import { relative } from "node:path";
import type { Config, Origin } from "../config/config.ts";
import { prettyJson } from "../model/exact-json.ts";
import { writtenDuration } from "../model/duration.ts";
import { userError } from "../model/error.ts";
import { suggestion } from "../spec/suggestion.ts";
import type { CommandContext } from "../coordinator/context.ts";
import { openServices } from "../coordinator/services.ts";

/** The options of `flowctl config show`. */
export interface ConfigShowOptions {
  /** Tell for every key where it came from. */
  readonly origin?: boolean;
}

/** Keys of the config, in the order in which they are shown. */
const KEYS = [
  "project",
  "stateDir",
  "concurrency",
  "pools",
  "defaults",
  "secrets",
  "channels",
  "hooks",
  "stateHandlers",
  "tasks",
  "delivery",
] as const;

/** `flowctl config show [KEY]`: what holds here, merged. Secrets are names; no value is read. */
export async function configShowCommand(
  [key]: readonly string[],
  options: ConfigShowOptions,
  context: CommandContext,
): Promise<number> {
  const { stdout } = context.host.terminal;
  const { config } = await openServices(context, { state: "nothing" });
  const found = key === undefined ? merged(config) : at(merged(config), key);
  const value = context.globals.json ? found : withUnits(found, key?.split(".").at(-1));
  if (context.globals.json) {
    const origins = Object.fromEntries(config.origins);
    stdout.write(prettyJson(options.origin === true ? { value, origins } : value));
    return 0;
  }
  if (options.origin !== true) {
    stdout.write(
      typeof value === "object"
        ? (await import("../coordinator/yaml-text.ts")).stringify(value)
        : `${value as string}\n`,
    );
    return 0;
  }
  for (const [name, each] of lines(config)) {
    if (key !== undefined && name !== key && !name.startsWith(`${key}.`)) continue;
    stdout.write(
      `${name}: ${JSON.stringify(withUnits(each, name.split(".").at(-1)))}  # ${told(config.origins.get(name), context.globals.cwd)}\n`,
    );
  }
  return 0;
}

/** `flowctl config path`: the file that holds here, and where else it was looked for. */
export async function configPathCommand(
  _args: readonly string[],
  _options: object,
  context: CommandContext,
): Promise<number> {
  const { stdout, stderr } = context.host.terminal;
  const { config } = await openServices(context, { state: "nothing" });
  if (context.globals.json) {
    stdout.write(prettyJson({ file: config.file ?? null, files: config.files, searched: config.searched }));
    return 0;
  }
  if (config.file !== undefined) stdout.write(`${config.file}\n`);
  else if (config.searched.length === 0) stderr.write("config: none, as --config or FLOWCTL_CONFIG says\n");
  else stderr.write(`config: none; looked in:\n${config.searched.map((directory) => `  ${directory}\n`).join("")}`);
  return config.file === undefined ? 1 : 0;
}

/** `flowctl config schema flow|config`: the JSON Schema (draft-7), for editors. */
export async function configSchemaCommand(
  [which = "config"]: readonly string[],
  _options: object,
  context: CommandContext,
): Promise<number> {
  if (which !== "flow" && which !== "config")
    throw userError("usage", "SCHEMA", `there is no schema of "${which}"`, { help: "flow or config" });
  const { jsonSchema } = await import("../config/json-schema.ts");
  context.host.terminal.stdout.write(`${JSON.stringify(jsonSchema(which), null, 2)}\n`);
  return 0;
}

function merged(config: Config): Readonly<Record<string, unknown>> {
  return Object.fromEntries(KEYS.flatMap((key) => (config[key] === undefined ? [] : [[key, config[key]]])));
}

function at(value: Readonly<Record<string, unknown>>, key: string): unknown {
  let found: unknown = value;
  for (const part of key.split(".")) {
    // Hooks are known by their names.
    if (Array.isArray(found)) found = Object.fromEntries([...found.entries(), ...found.flatMap(named)]);
    const known = typeof found === "object" && found !== null ? Object.keys(found) : [];
    if (!known.includes(part))
      throw userError("usage", "CONFIG_KEY", `the config has no key "${key}"`, {
        help: suggestion(part, known) ?? "flowctl config show",
      });
    found = (found as Record<string, unknown>)[part];
  }
  return found;
}

function named(item: unknown): readonly (readonly [string, unknown])[] {
  const name: unknown = typeof item === "object" && item !== null && "name" in item ? item.name : undefined;
  return typeof name === "string" ? [[name, item]] : [];
}

const TIMES = new Set(["timeout", "grace", "delay", "maxDelay", "slowAfter", "repeat", "waitAtEnd"]);

/** For people, lengths of time as a config says them. */
function withUnits(value: unknown, key = ""): unknown {
  if (typeof value === "number" && TIMES.has(key)) return writtenDuration(value);
  if (Array.isArray(value)) return value.map((each) => withUnits(each, key));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, withUnits(each, name)]));
}

/** One line for each key that has an origin of its own; the rest by its top key. */
function lines(config: Config): readonly (readonly [string, unknown])[] {
  return Object.entries(merged(config)).flatMap(([key, value]): readonly (readonly [string, unknown])[] => {
    if (key === "hooks") return config.hooks.map((hook) => [`hooks.${hook.name}`, hook] as const);
    if (key === "stateHandlers")
      return (["flow", "task"] as const).flatMap((kind) =>
        config.stateHandlers[kind].map((rule, index) => [`stateHandlers.${kind}.${index}`, rule] as const),
      );
    if (typeof value !== "object" || value === null) return [[key, value]];
    return Object.entries(value).map(([name, each]) => [`${key}.${name}`, each] as const);
  });
}

function told(origin: Origin | undefined, cwd: string): string {
  if (origin?.variable !== undefined) return `env ${origin.variable}`;
  if (origin?.file === undefined) return "default";
  const line = origin.line === undefined ? "" : `:${origin.line}`;
  return `${relative(cwd, origin.file)}${line}${origin.profile === undefined ? "" : ` (profile ${origin.profile})`}`;
}
