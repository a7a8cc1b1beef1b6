import type { Files } from "../host/files.ts";
import type { Channel } from "../outbox/channel.ts";

/** A disk on which nothing is and which takes nothing, for a state directory that cannot be used: not even to look into. */
export function withoutDisk(files: Files, error: unknown): Files {
  const refuse = (): never => {
    throw error;
  };
  return {
    ...files,
    read: () => undefined,
    list: () => [],
    stat: () => undefined,
    makeDirectory: refuse,
    create: refuse,
    replace: refuse,
    rename: refuse,
    append: refuse,
    remove: () => undefined,
  };
}

/** The inbox is a part of that directory: root could put messages in somebody else's, and keep that one's out. */
export function withoutInbox(channel: Channel): Channel {
  if (channel.type !== "inbox") return channel;
  const note = "the state directory cannot be used";
  return { ...channel, send: () => Promise.resolve({ outcome: "permanent", code: "STATE_DIR", note }) };
}
