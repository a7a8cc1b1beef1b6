import { userError } from "../model/error.ts";
import { messageWithoutMarks } from "../model/value-marks.ts";
import type { Channel, DeliveryRequest } from "../outbox/channel.ts";

/** Each type's module, loaded when a channel of that type is used for the first time. */
const MODULES = {
  slack: async (): Promise<Channel> => (await import("./slack.ts")).slack,
  sms: async (): Promise<Channel> => (await import("./sms.ts")).sms,
  inbox: async (): Promise<Channel> => (await import("./inbox.ts")).inbox,
  email: async (): Promise<Channel> => (await import("./email.ts")).email,
  webhook: async (): Promise<Channel> => (await import("./webhook.ts")).webhook,
  pagerduty: async (): Promise<Channel> => (await import("./pagerduty.ts")).pagerduty,
  teams: async (): Promise<Channel> => (await import("./teams.ts")).teams,
  discord: async (): Promise<Channel> => (await import("./discord.ts")).discord,
  ntfy: async (): Promise<Channel> => (await import("./ntfy.ts")).ntfy,
  deadman: async (): Promise<Channel> => (await import("./deadman.ts")).deadman,
  command: async (): Promise<Channel> => (await import("./command.ts")).command,
} as const satisfies Readonly<Record<string, () => Promise<Channel>>>;

export type ChannelType = keyof typeof MODULES;

/** The types of channels that there are. */
export const CHANNEL_TYPES = Object.keys(MODULES) as readonly ChannelType[];

/**
 * The channel of a type.
 * @throws UserError "usage" where there is none
 */
export function channelOf(type: string): Promise<Channel> {
  if (isChannelType(type)) return MODULES[type]().then(guarded);
  const help = `types of channels: ${CHANNEL_TYPES.join(", ")}`;
  return Promise.reject(userError("usage", "CHANNEL_TYPE", `There is no channel type "${type}".`, { help }));
}

/** Whether there is a channel of that type. */
export function isChannelType(type: unknown): type is ChannelType {
  return typeof type === "string" && Object.hasOwn(MODULES, type);
}

/** A channel that cannot throw, not even through a bug of ours or a library that is not there. */
function guarded(channel: Channel): Channel {
  const readable = (delivery: DeliveryRequest): DeliveryRequest =>
    channel.readsMarks === true ? delivery : { ...delivery, message: messageWithoutMarks(delivery.message) };
  return {
    ...channel,
    preview: (delivery) => channel.preview(readable(delivery)),
    ...(channel.find === undefined
      ? {}
      : { find: async (delivery) => (await channel.find?.(readable(delivery))) ?? "unknown" }),
    send: (delivery) =>
      channel.send(readable(delivery)).catch((error: unknown) => {
        const name = error instanceof Error ? error.name : "error";
        const code = error instanceof Error && "code" in error ? String(error.code) : "INTERNAL";
        return { outcome: "transient", code, note: `the ${channel.type} channel failed by itself (${name})` };
      }),
  };
}
