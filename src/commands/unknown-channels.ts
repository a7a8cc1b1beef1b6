import type { Config } from "../config/config.ts";
import type { Diagnostic } from "../model/error.ts";
import type { Flow } from "../model/flow.ts";
import type { Hook } from "../model/hook.ts";
import { isNotifier } from "../model/notifier.ts";

/**
 * Names of channels that a flow's tasks, notifiers and own hooks say and config does not have, an
 * error each: found before the first task runs, and not when there is something to tell.
 */
export async function unknownChannels(
  flow: Flow,
  hooks: readonly Hook[],
  { channels }: Config,
  file: string,
): Promise<readonly Diagnostic[]> {
  const wanted = namedBy(flow, hooks).filter(([, name]) => !Object.hasOwn(channels, name));
  if (wanted.length === 0) return [];
  const { suggestion } = await import("../spec/suggestion.ts");
  const known = Object.keys(channels);
  return wanted.map(([who, name]) => ({
    code: "UNKNOWN_CHANNEL",
    severity: "error",
    message: `${who} tells channel "${name}", which is not configured`,
    file,
    help: suggestion(name, known) ?? `add it to the config's channels, which are: ${known.join(", ")}`,
  }));
}

function namedBy(flow: Flow, hooks: readonly Hook[]): readonly (readonly [who: string, name: string])[] {
  const found: (readonly [string, string])[] = [];
  const handlers = (who: string, entries: readonly unknown[]): void => {
    for (const entry of entries) if (isNotifier(entry) && typeof entry.to === "string") found.push([who, entry.to]);
  };
  for (const task of flow.tasks) {
    const channel = task.channelFor?.(flow.constants.get(task) ?? {});
    if (channel !== undefined) found.push([`task "${task.name}"`, channel]);
    handlers(`a notifier of task "${task.name}"`, task.stateHandlers);
  }
  handlers(`a notifier of flow "${flow.name}"`, flow.stateHandlers);
  for (const hook of hooks) for (const name of hook.to) found.push([`hook "${hook.name}"`, name]);
  return found;
}
