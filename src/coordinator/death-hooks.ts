import { systemProcesses } from "../host/process.ts";
import type { Flow } from "../model/flow.ts";
import type { ChannelDefinition } from "../model/notification.ts";
import { isNotifier, isWanted, type Notifier } from "../model/notifier.ts";
import type { Underway } from "../model/tally.ts";
import type { ActiveRun } from "../runs/active-run.ts";
import type { DeathHook } from "../runs/will.ts";
import type { AppliedConfig } from "./apply-config.ts";
import { memoryOf } from "./begin-run.ts";

/** A notifier with more tasks than these is told of a death whatever was running. */
const NAMED = 500;

/**
 * Leaves to a run's will what the notifiers of the flow and of its tasks would say of its
 * death: when it comes, nobody is there to ask them.
 */
export function bequeath(run: ActiveRun, { flow, flowHandlers, taskHandlers }: AppliedConfig): void {
  const heirs = new Map<Notifier, Set<string> | undefined>();
  for (const notifier of wanting([...flow.stateHandlers, ...flowHandlers])) heirs.set(notifier, undefined);
  for (const task of flow.tasks) {
    if (task.stateHandlers.length === 0 && taskHandlers === undefined) continue;
    for (const notifier of wanting([...task.stateHandlers, ...(taskHandlers?.(task) ?? [])])) {
      const tasks = heirs.get(notifier);
      if (tasks !== undefined) tasks.add(task.name);
      else if (!heirs.has(notifier)) heirs.set(notifier, new Set([task.name]));
    }
  }
  if (heirs.size === 0) return;
  const channels: Record<string, ChannelDefinition> = {};
  const deathHooks = [...heirs].map(([{ to, message }, tasks], index): DeathHook => {
    const name = `notifier ${index + 1}`;
    if (typeof to !== "string") channels[name] = to;
    const only = tasks === undefined || tasks.size > NAMED ? {} : { tasks: [...tasks] };
    // A task's notifier may read its task, of which a crash has no state.
    const text = message === undefined || tasks !== undefined ? {} : { message };
    const states = ["Crashed"] as const;
    return { name, states, notifyOn: "always", to: [typeof to === "string" ? to : name], ...text, ...only };
  });
  const memory = run.will.memory ?? memoryOf(systemProcesses());
  run.identify({
    deathHooks,
    channels: { ...run.will.channels, ...channels },
    ...(memory === undefined ? {} : { memory }),
  });
}

function wanting(handlers: Flow["stateHandlers"] | Flow["tasks"][number]["stateHandlers"]): readonly Notifier[] {
  return (handlers as readonly unknown[]).filter(isNotifier).filter((notifier) => isWanted(notifier, "Crashed"));
}

/** Those of them that have something to say: a task's notifier speaks only where its task was running. */
export function heirsOf(hooks: readonly DeathHook[], underway: readonly Underway[]): readonly DeathHook[] {
  const running = new Set(underway.map(({ task }) => task));
  return hooks.filter(({ tasks }) => tasks?.some((task) => running.has(task)) ?? true);
}
