import type { Compose } from "../hooks/told.ts";
import { isNotifier } from "../model/notifier.ts";
import type { AppliedConfig } from "./apply-config.ts";

/** What has words of its own. */
interface Spoken {
  readonly message?: string;
}

/** What puts facts into the own words of hooks and notifiers. Nothing is loaded where none has an expression. */
export async function hookWords(...all: readonly (readonly Spoken[])[]): Promise<{ readonly compose?: Compose }> {
  if (!all.some((each) => each.some(({ message }) => message?.includes("${{") === true))) return {};
  return { compose: (await import("../spec/hook-message.ts")).composeMessage };
}

/** The notifiers of a flow and of its tasks. */
export function notifiersOf({ flow, flowHandlers, taskHandlers }: AppliedConfig): readonly Spoken[] {
  const ofTasks = flow.tasks.flatMap((task) => [...task.stateHandlers, ...(taskHandlers?.(task) ?? [])]);
  return [...flow.stateHandlers, ...flowHandlers, ...ofTasks].filter((each) => isNotifier(each));
}
