import { dirname, isAbsolute, resolve } from "node:path";
import type { Path } from "../spec/source.ts";
import type { Origin, Place } from "./config.ts";
import type { Layer } from "./read-config.ts";
import type { ConfigFile, ConfigPart } from "./schema.ts";

/** All layers in one, and where each key came from. */
export interface Merged {
  readonly content: ConfigPart;
  readonly origins: Map<string, Origin>;
  readonly places: ReadonlyMap<string, Place>;
}

/** Keys whose entries are merged one by one; `hooks` are merged by name, lists of handlers are joined. */
const MAPS = ["channels", "tasks", "pools", "secrets", "defaults", "delivery"] as const;

/**
 * Merges config files, what they extend first, and the chosen profile of each
 * after it. What comes later wins, entry by entry.
 */
export function mergeLayers(layers: readonly Layer[], profile: string | undefined): Merged {
  const content: Record<string, unknown> = {};
  const places = new Map<string, Place>();
  const origins = new Map<string, Origin>();
  const note = (key: string, layer: Layer, path: Path): void => {
    places.set(key, { file: layer.file, source: layer.source, path });
    const line = layer.source === undefined ? undefined : lineOf(layer.source.text, layer.source.keyAt(path).start);
    const [first, name] = path.slice(layer.under.length);
    const inProfile = first === "profiles" ? { profile: String(name) } : {};
    origins.set(key, { file: layer.file, ...(line === undefined ? {} : { line }), ...inProfile });
  };
  const take = (part: ConfigPart, layer: Layer, under: Path): void => {
    for (const [key, value] of Object.entries(absolute(part, dirname(layer.file)))) {
      const path = [...under, key];
      if ((MAPS as readonly string[]).includes(key)) {
        const entries = value as Readonly<Record<string, unknown>>;
        content[key] = { ...(content[key] as object | undefined), ...entries };
        for (const entry of Object.keys(entries)) note(`${key}.${entry}`, layer, [...path, entry]);
      } else if (key === "hooks") {
        const hooks = (content[key] ?? []) as { name: string }[];
        for (const [index, hook] of (value as { name: string }[]).entries()) {
          const same = hooks.findIndex((each) => each.name === hook.name);
          if (same === -1) hooks.push(hook);
          else hooks[same] = hook;
          note(`hooks.${hook.name}`, layer, [...path, index]);
        }
        content[key] = hooks;
      } else if (key === "stateHandlers") {
        const before = (content[key] ?? {}) as Readonly<Record<string, readonly unknown[]>>;
        const lists = value as Readonly<Record<string, readonly unknown[]>>;
        const joined = (kind: string): readonly unknown[] => [...(before[kind] ?? []), ...(lists[kind] ?? [])];
        for (const kind of Object.keys(lists))
          for (const index of (lists[kind] ?? []).keys())
            note(`stateHandlers.${kind}.${String((before[kind]?.length ?? 0) + index)}`, layer, [...path, kind, index]);
        content[key] = { flow: joined("flow"), task: joined("task") };
      } else {
        content[key] = value;
        note(key, layer, path);
      }
    }
  };
  for (const layer of layers) {
    const profiles = layer.content.profiles;
    take(partOf(layer.content), layer, layer.under);
    const chosen = profile === undefined ? undefined : profiles?.[profile];
    if (profile !== undefined && chosen !== undefined) take(chosen, layer, [...layer.under, "profiles", profile]);
  }
  return { content, origins, places };
}

/** What a file says itself, beside profiles and what it extends. */
function partOf(content: ConfigFile): ConfigPart {
  const own = Object.entries(content).filter(([key]) => !["$schema", "extends", "profiles"].includes(key));
  return Object.fromEntries(own);
}

type Channel = NonNullable<ConfigPart["channels"]>[string];

/** Paths in a config are relative to its file. */
function absolute(part: ConfigPart, directory: string): ConfigPart {
  const uses = <T extends { readonly uses: string }>(rule: T): T =>
    rule.uses.startsWith("./") || rule.uses.startsWith("../") ? { ...rule, uses: resolve(directory, rule.uses) } : rule;
  /** Whoever sends the message, from wherever, runs the program in the same place. */
  const placed = (channel: Channel): Channel => {
    const { type, cwd = "." } = channel;
    return type === "command" && typeof cwd === "string" ? { ...channel, cwd: resolve(directory, cwd) } : channel;
  };
  const { stateDir, secrets, stateHandlers, tasks, channels } = part;
  return {
    ...part,
    ...(channels === undefined
      ? {}
      : { channels: Object.fromEntries(Object.entries(channels).map(([name, each]) => [name, placed(each)])) }),
    ...(stateDir === undefined || isAbsolute(stateDir) ? {} : { stateDir: resolve(directory, stateDir) }),
    ...(secrets === undefined
      ? {}
      : {
          secrets: {
            ...secrets,
            ...(secrets.file === undefined ? {} : { file: resolve(directory, secrets.file) }),
            ...(secrets.dotenv === undefined
              ? {}
              : { dotenv: [secrets.dotenv].flat().map((each) => resolve(directory, each)) }),
          },
        }),
    ...(tasks === undefined
      ? {}
      : { tasks: Object.fromEntries(Object.entries(tasks).map(([name, task]) => [name, uses(task)])) }),
    ...(stateHandlers === undefined
      ? {}
      : {
          stateHandlers: {
            ...(stateHandlers.flow === undefined ? {} : { flow: stateHandlers.flow.map(uses) }),
            ...(stateHandlers.task === undefined ? {} : { task: stateHandlers.task.map(uses) }),
          },
        }),
  };
}

function lineOf(text: string, offset: number): number {
  return text.slice(0, offset).split("\n").length;
}
