import { randomUUID } from "node:crypto";
import { mkdir, open, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import type { Channel, Delivery, DeliveryRequest } from "../outbox/channel.ts";
import { checkOptions } from "./definition.ts";
import type { InboxMessage } from "./read-inbox.ts";
import { renderText } from "./render-text.ts";

/**
 * Messages into files of the state directory, one each, for `flowctl inbox`:
 * the channel that needs no account. A repeat replaces its own file.
 */
export const inbox: Channel = {
  type: "inbox",
  check: (definition) => checkOptions(definition, {}),
  recipients: () => [""],
  send,
  preview: (delivery) => {
    const { title, text } = renderText(delivery, LONGEST);
    return text.startsWith(title) ? text : `${title}\n${text}`;
  },
};

/** Longest text that is kept. */
const LONGEST = 20_000;

async function send(delivery: DeliveryRequest): Promise<Delivery> {
  const state = delivery.stateDirectory ?? delivery.environment["FLOWCTL_STATE_DIR"];
  if (state === undefined || state === "") {
    return { outcome: "permanent", code: "NO_STATE_DIRECTORY", note: "there is no state directory to deliver into" };
  }
  const directory = join(state, "inbox");
  const now = delivery.at ?? Date.now();
  const { title, text } = renderText(delivery, LONGEST);
  const kept: InboxMessage = {
    id: delivery.id,
    at: new Date(delivery.createdAt ?? now).toISOString(),
    title,
    text,
    message: delivery.message,
  };
  const path = join(directory, `${delivery.id.replace(/[^\w-]/g, "_")}.json`);
  const draft = join(directory, `.${randomUUID()}.tmp`);
  try {
    await mkdir(directory, { recursive: true, mode: 0o700 });
    await writeDurably(draft, `${JSON.stringify(kept)}\n`);
    await rename(draft, path);
    return { outcome: "delivered" };
  } catch (error) {
    await rm(draft, { force: true }).catch(() => undefined);
    const code = error instanceof Error && "code" in error ? String(error.code) : "WRITE";
    return { outcome: "transient", code, note: `the inbox could not be written (${code})` };
  }
}

async function writeDurably(path: string, text: string): Promise<void> {
  const file = await open(path, "w", 0o600);
  try {
    await file.writeFile(text);
    await file.sync();
  } finally {
    await file.close();
  }
}
