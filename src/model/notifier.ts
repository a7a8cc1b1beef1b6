import type { ChannelDefinition } from "./notification.ts";
import type { StateType } from "./state.ts";

/**
 * A state handler that notifies. It is data: the engine does not call it, it
 * hands it on with the transition once the last state handler has spoken, and
 * what it wants said goes to the outbox. So it can neither fail nor slow a task.
 */
export interface Notifier {
  readonly [NOTIFIER]: true;
  /** A channel of the config by name, or a definition. */
  readonly to: string | ChannelDefinition;
  /** Families that are told. @default all */
  readonly onlyStates?: readonly StateType[];
  /** Families that are not told; looked at first. */
  readonly ignoreStates?: readonly StateType[];
  /** Also tell of a Failed that will be retried. @default false */
  readonly attempts?: boolean;
  /** A text in the place of the usual headline. */
  readonly message?: string;
}

export const NOTIFIER: unique symbol = Symbol.for("flowctl.notifier") as never;

export function isNotifier(value: unknown): value is Notifier {
  return typeof value === "object" && value !== null && NOTIFIER in value;
}
