import type { FlowHandlerEntry } from "../model/flow.ts";
import type { Hook } from "../model/hook.ts";
import type { ChannelDefinition } from "../model/notification.ts";
import { isNotifier, isWanted } from "../model/notifier.ts";
import type { ActiveRun } from "../runs/active-run.ts";

/**
 * Leaves to a run's will what the flow's notifiers would say of its death: when it comes,
 * nobody is there to ask them.
 */
export function bequeath(run: ActiveRun, handlers: readonly FlowHandlerEntry[]): void {
  const channels: Record<string, ChannelDefinition> = {};
  const deathHooks = handlers
    .filter(isNotifier)
    .filter((notifier) => isWanted(notifier, "Crashed"))
    .map(({ to }, index): Hook => {
      const name = `notifier ${index + 1}`;
      if (typeof to !== "string") channels[name] = to;
      return { name, states: ["Crashed"], to: [typeof to === "string" ? to : name] };
    });
  if (deathHooks.length > 0) run.identify({ deathHooks, channels: { ...run.will.channels, ...channels } });
}
