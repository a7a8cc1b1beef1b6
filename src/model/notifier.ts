import type { ChannelDefinition } from "./notification.ts";
import { isOfFamily, type StateType } from "./state.ts";

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

/**
 * Whether a notifier speaks of a state at all: not if it is of an ignored family,
 * then only if it is of a wanted one.
 * Source: Prefect 1.x, `ignore_states` and `only_states` of its notifiers.
 */
export function isWanted(notifier: Pick<Notifier, "onlyStates" | "ignoreStates">, to: StateType): boolean {
  const among = (families: readonly StateType[]): boolean => families.some((family) => isOfFamily(to, family));
  if (notifier.ignoreStates !== undefined && among(notifier.ignoreStates)) return false;
  return notifier.onlyStates === undefined || among(notifier.onlyStates);
}
