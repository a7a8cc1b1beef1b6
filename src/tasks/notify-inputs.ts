import {
  isSecretReference,
  type ChannelDefinition,
  type NotifyRequest,
  type SecretReference,
} from "../model/notification.ts";

/** Inputs that all notification tasks take. */
export interface NotifyInputs {
  /** What is to be said: see `messageOf` for what each kind of value becomes. */
  readonly message?: unknown;
  /** A channel of the config by name, in the place of the task's own options. */
  readonly channel?: string | ChannelDefinition | undefined;
  /** `outbox`: the task succeeds once the message is safe on disk. @default "now" */
  readonly deliver?: "now" | "outbox" | undefined;
  /** How long `now` waits for the delivery by a channel, and then by its fallback, in milliseconds. @default 10000 */
  readonly waitMs?: number | undefined;
}

/** A destination made of a task's own options: names of secrets in the definition, values beside it. */
export interface Destination {
  readonly definition: ChannelDefinition;
  readonly values?: Readonly<Record<string, string>>;
}

/** An option of a definition: the value a task was given, kept in memory, or a secret by name. */
export function valueOrSecret(
  option: string,
  given: string | SecretReference | undefined,
  secret: string,
): { readonly reference: SecretReference; readonly values: Readonly<Record<string, string>> } {
  if (given === undefined || given === "") return { reference: { secret }, values: {} };
  if (isSecretReference(given)) return { reference: given, values: {} };
  return { reference: { secret: option }, values: { [option]: given } };
}

/** The request of a task: to its channel where one is named, else to the destination its options make. */
export function requestOf(
  inputs: NotifyInputs,
  message: NotifyRequest["message"],
  destination: () => Destination,
): NotifyRequest {
  const { channel, deliver, waitMs } = inputs;
  const more = {
    ...(deliver === undefined ? {} : { deliver }),
    ...(waitMs === undefined ? {} : { waitMs }),
  };
  if (channel !== undefined) return { to: channel, message, ...more };
  const { definition, values } = destination();
  const given = values === undefined || Object.keys(values).length === 0 ? {} : { values };
  return { to: withoutUndefined(definition), message, ...more, ...given };
}

function withoutUndefined(definition: ChannelDefinition): ChannelDefinition {
  return Object.fromEntries(
    Object.entries(definition).filter(([, value]) => value !== undefined),
  ) as unknown as ChannelDefinition;
}
