import type { Config } from "../config/config.ts";
import type { Flow, FlowHandlerEntry } from "../model/flow.ts";
import { isNotifier } from "../model/notifier.ts";
import type { ChannelDefinition } from "../model/notification.ts";
import type { Hook } from "../model/hook.ts";
import type { Task, TaskHandlerEntry } from "../model/task.ts";
import type { AppliedConfig } from "./apply-config.ts";
import { secretNames } from "./services.ts";

/** Which secrets a run needs, and what for, in words: `task "load"`. */
export interface NeededSecrets {
  /** Without one of these nothing runs. */
  readonly tasks: ReadonlyMap<string, readonly string[]>;
  /** Without one of these a message would be held. */
  readonly channels: ReadonlyMap<string, readonly string[]>;
}

/** The secrets that tasks, hooks and notifiers name; those of config and of sub-flows are among them. */
export function neededSecrets(applied: AppliedConfig, config: Config, hooks: readonly Hook[]): NeededSecrets {
  const tasks = new Map<string, string[]>();
  const channels = new Map<string, string[]>();
  const add = (map: Map<string, string[]>, name: string, who: string): void => {
    const list = map.get(name) ?? [];
    if (!list.includes(who)) list.push(who);
    map.set(name, list);
  };
  const addChannel = (to: string | ChannelDefinition): void => {
    const who = typeof to === "string" ? `channel "${to}"` : `a notifier of type "${to.type}"`;
    for (const name of secretNames(definitionOf(to, config))) add(channels, name, who);
    addFallback(to);
  };
  const addFallback = (to: string | ChannelDefinition): void => {
    for (const fallback of fallbacksOf(to, config))
      for (const name of secretNames(definitionOf(fallback, config))) add(channels, name, `channel "${fallback}"`);
  };
  const addHandlers = (entries: readonly (TaskHandlerEntry | FlowHandlerEntry)[]): void => {
    for (const entry of entries) if (isNotifier(entry)) addChannel(entry.to);
  };

  const seen = new Set<Flow>();
  const addFlow = ({ flow, flowHandlers, taskHandlers }: AppliedConfig, whose: string): void => {
    seen.add(flow);
    const ofFlow = whose === "" ? "" : ` of ${whose}`;
    for (const name of flow.secrets) add(tasks, name, whose === "" ? "the flow" : whose);
    for (const task of flow.tasks) {
      const constants = flow.constants.get(task) ?? {};
      const own = [...task.secrets, ...(task.secretsFor?.(constants, linkedInputs(flow, task)) ?? [])];
      const channel = task.channelFor?.(constants);
      const viaChannel = secretNames(definitionOf(channel, config));
      for (const name of [...own, ...viaChannel]) add(tasks, name, `task "${task.name}"${ofFlow}`);
      if (channel !== undefined) addFallback(channel);
      addHandlers([...task.stateHandlers, ...(taskHandlers?.(task) ?? [])]);
      const { subFlow } = task;
      if (subFlow !== undefined && !seen.has(subFlow))
        addFlow({ flow: subFlow, flowHandlers: [] }, `sub-flow "${subFlow.name}"`);
    }
    addHandlers([...flow.stateHandlers, ...flowHandlers]);
  };
  addFlow(applied, "");
  for (const hook of hooks) for (const to of hook.to) addChannel(to);
  return { tasks, channels };
}

/** The secrets that a hook's messages are sent with. */
export function hookSecrets({ to }: Hook, config: Config): readonly string[] {
  return to.flatMap((name) =>
    [name, ...fallbacksOf(name, config)].flatMap((each) => secretNames(definitionOf(each, config))),
  );
}

function definitionOf(to: string | ChannelDefinition | undefined, config: Config): ChannelDefinition | undefined {
  return typeof to === "string" ? config.channels[to] : to;
}

/** The channels that take a message when this one does not, in turn. */
function fallbacksOf(
  to: string | ChannelDefinition,
  config: Config,
  before: readonly string[] = [],
): readonly string[] {
  const name = definitionOf(to, config)?.["fallback"];
  if (typeof name !== "string" || before.includes(name)) return before;
  return fallbacksOf(name, config, [...before, name]);
}

/** Names of the inputs that other tasks give. */
function linkedInputs(flow: Flow, task: Task): ReadonlySet<string> {
  return new Set(flow.edges.flatMap(({ to, key }) => (to === task && key !== undefined ? [key] : [])));
}
