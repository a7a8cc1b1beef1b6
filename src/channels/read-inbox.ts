import { join } from "node:path";
import type { Files } from "../host/files.ts";
import { readable } from "../model/disk-trouble.ts";
import type { Message } from "../model/notification.ts";

/** A message as it lies in the inbox. */
export interface InboxMessage {
  /** The outbox item's id. */
  readonly id: string;
  /** When it was put in the outbox, ISO 8601. */
  readonly at: string;
  readonly title: string;
  /** The whole message as plain text. */
  readonly text: string;
  readonly message: Message;
}

/** Reads the inbox of a state directory, oldest first. Files that are no messages are left out. */
export function readInbox(files: Files, stateDirectory: string): readonly InboxMessage[] {
  const directory = join(stateDirectory, "inbox");
  const names = files.list(directory).filter((name) => name.endsWith(".json"));
  const found = names.flatMap((name) => parse(readable(() => files.read(join(directory, name)), undefined)));
  return found.sort((a, b) => (a.at === b.at ? order(a.id, b.id) : order(a.at, b.at)));
}

/** Empties the inbox. @returns how many messages were removed */
export function clearInbox(files: Files, stateDirectory: string): number {
  const directory = join(stateDirectory, "inbox");
  const names = files.list(directory).filter((name) => name.endsWith(".json"));
  for (const name of names) files.remove(join(directory, name));
  return names.length;
}

const order = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

function parse(text: string | undefined): readonly InboxMessage[] {
  try {
    const value: unknown = JSON.parse(text ?? "null");
    return isInboxMessage(value) ? [value] : [];
  } catch {
    return [];
  }
}

function isInboxMessage(value: unknown): value is InboxMessage {
  if (typeof value !== "object" || value === null) return false;
  return ["id", "at", "title", "text"].every((key) => typeof (value as Record<string, unknown>)[key] === "string");
}
