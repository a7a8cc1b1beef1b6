import type { Hook } from "../model/hook.ts";
import { isNotifier } from "../model/notifier.ts";
import type { ChannelDefinition } from "../model/notification.ts";
import type { Task } from "../model/task.ts";
import type { AppliedConfig } from "../coordinator/apply-config.ts";

/**
 * Who would be told of what, one line each: hooks, notifiers of flow, tasks and
 * config, and notification tasks.
 *
 * @param hooks those that are about this run
 */
export function toldOf({ flow, flowHandlers, taskHandlers }: AppliedConfig, hooks: readonly Hook[]): readonly string[] {
  return [
    ...hooks.map(
      (hook) => `hook "${hook.name}": ${[...hook.states, ...(hook.events ?? [])].join(", ")} → ${hook.to.join(", ")}`,
    ),
    ...notifiers("the flow", [...flow.stateHandlers, ...flowHandlers]),
    ...flow.tasks.flatMap((task) =>
      notifiers(`task "${task.name}"`, [...task.stateHandlers, ...(taskHandlers?.(task) ?? [])]),
    ),
    ...flow.tasks
      .filter((task) => task.kind === "notification")
      .map((task) => {
        const channel = task.channelFor?.(flow.constants.get(task) ?? {});
        return `task "${task.name}": when ${triggerOf(task)}${channel === undefined ? "" : ` → ${channel}`}`;
      }),
  ];
}

/** A trigger in the words of YAML. */
export function triggerOf(task: Task): string {
  return task.trigger === undefined ? "all_successful" : (task.trigger.triggerName ?? "a trigger of its own");
}

function notifiers(who: string, entries: readonly unknown[]): readonly string[] {
  return entries.filter(isNotifier).map(({ to, onlyStates, ignoreStates }) => {
    const which =
      onlyStates?.join(", ") ?? (ignoreStates === undefined ? "every change" : `all but ${ignoreStates.join(", ")}`);
    return `notifier of ${who}: ${which} → ${nameOf(to)}`;
  });
}

function nameOf(to: string | ChannelDefinition): string {
  return typeof to === "string" ? to : to.type;
}
