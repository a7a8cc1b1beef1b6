import type { Config } from "../config/config.ts";
import { resolveChannel, type NamedChannel } from "../hooks/resolve-channel.ts";
import { userError } from "../model/error.ts";
import type { Hook } from "../model/hook.ts";
import { suggestion } from "../spec/suggestion.ts";

/** Where a test or a preview goes: a channel, and the hook that tells it where one was named. */
export interface Target extends NamedChannel {
  readonly hook?: Hook;
}

/** What was asked for on the command line. */
export interface Asked {
  /** Names of channels and hooks. */
  readonly names: readonly string[];
  readonly hook?: string | undefined;
  readonly all?: boolean | undefined;
}

/**
 * The channels that names stand for: a channel itself, or all that a hook tells.
 *
 * @throws UserError NOTIFY_WHICH, UNKNOWN_CHANNEL
 */
export function targetsOf({ names, hook, all }: Asked, config: Config): readonly Target[] {
  const channels = Object.keys(config.channels);
  const hooks = config.hooks.map((each) => each.name);
  if (hook !== undefined) return ofHook(hook, config) ?? unknown(`hook "${hook}"`, hook, hooks);
  const wanted = all === true ? channels : names;
  if (wanted.length === 0) {
    const help = `name one, or say --all; channels: ${channels.join(", ")}${hooks.length === 0 ? "" : `; hooks: ${hooks.join(", ")}`}`;
    throw userError("usage", "NOTIFY_WHICH", "which channel or hook?", { help });
  }
  return wanted.flatMap((name): readonly Target[] => {
    const channel = resolveChannel(name, config.channels);
    if (channel !== undefined) return [channel];
    return ofHook(name, config) ?? unknown(`channel or hook "${name}"`, name, [...channels, ...hooks]);
  });
}

function ofHook(name: string, { hooks, channels }: Config): readonly Target[] | undefined {
  const hook = hooks.find((each) => each.name === name);
  return hook?.to.flatMap((to) => {
    const channel = resolveChannel(to, channels);
    return channel === undefined ? [] : [{ ...channel, hook }];
  });
}

function unknown(what: string, name: string, known: readonly string[]): never {
  const help = suggestion(name, known) ?? (known.length === 0 ? "the config has none" : undefined);
  throw userError("usage", "UNKNOWN_CHANNEL", `there is no ${what}`, help === undefined ? {} : { help });
}
