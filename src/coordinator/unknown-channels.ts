import type { Config } from "../config/config.ts";
import type { Diagnostic } from "../model/error.ts";
import type { Flow } from "../model/flow.ts";
import type { Hook } from "../model/hook.ts";
import { isNotifier } from "../model/notifier.ts";
import type { Path } from "../spec/source.ts";
import type { OpenedFlow } from "./open-flow.ts";

/**
 * Names of channels that a flow's tasks, notifiers and own hooks say and config does not have, an
 * error each: found before the first task runs, and not when there is something to tell.
 */
export async function unknownChannels(
  flow: Flow,
  { hooks, ...opened }: OpenedFlow,
  { channels }: Config,
  file: string,
): Promise<readonly Diagnostic[]> {
  const wanted = namedBy(flow, hooks).filter(({ channel }) => !Object.hasOwn(channels, channel));
  if (wanted.length === 0) return [];
  const [{ suggestion }, { placer }, { specNameOf }] = await Promise.all([
    import("../spec/suggestion.ts"),
    import("./placer.ts"),
    import("../spec/compile-trigger.ts"),
  ]);
  const known = Object.keys(channels);
  const at = placer(opened, file);
  return wanted.map(({ who, channel, path }) =>
    at(typeof path === "function" ? path(specNameOf) : path, {
      code: "UNKNOWN_CHANNEL",
      message: `${who} tells channel "${channel}", which is not configured`,
      help: suggestion(channel, known) ?? `add it to the config's channels, which are: ${known.join(", ")}`,
    }),
  );
}

interface Named {
  readonly who: string;
  readonly channel: string;
  /** Where a spec says it; of a task, once its key is known. */
  readonly path: Path | ((keyOf: (task: Flow["tasks"][number]) => string) => Path);
}

function namedBy(flow: Flow, hooks: readonly Hook[]): readonly Named[] {
  const found: Named[] = [];
  const handlers = (who: string, entries: readonly unknown[], path: (index: number) => Named["path"]): void => {
    for (const [index, entry] of entries.entries())
      if (isNotifier(entry) && typeof entry.to === "string") found.push({ who, channel: entry.to, path: path(index) });
  };
  for (const task of flow.tasks) {
    const channel = task.channelFor?.(flow.constants.get(task) ?? {});
    if (channel !== undefined)
      found.push({
        who: `task "${task.name}"`,
        channel,
        path: (keyOf) => ["tasks", keyOf(task), "with", "channel"],
      });
    handlers(`a notifier of task "${task.name}"`, task.stateHandlers, (index) => (keyOf) => [
      ...["tasks", keyOf(task), "stateHandlers", index],
      ...["with", "channel"],
    ]);
  }
  handlers(`a notifier of flow "${flow.name}"`, flow.stateHandlers, (index) => [
    "stateHandlers",
    index,
    "with",
    "channel",
  ]);
  for (const [index, hook] of hooks.entries())
    for (const [place, channel] of hook.to.entries())
      found.push({
        who: `hook "${hook.name}"`,
        channel,
        path: ["hooks", index, "to", ...(hook.to.length === 1 ? [] : [place])],
      });
  return found;
}
