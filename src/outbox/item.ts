import { createHash } from "node:crypto";
import type { ChannelDefinition, Message } from "../model/notification.ts";
import { isOfFamily } from "../model/state.ts";
import type { Delivery } from "./channel.ts";

/** Something to be told, before it is in the outbox. */
export interface NewItem {
  readonly runId: string;
  readonly flow: string;
  /** What happened: `run-failed`, `task-failed`, `task-message`. */
  readonly event: string;
  /** Tells this message from others of the same event of the same run. */
  readonly key: string;
  /** The channel's name in config, for people; absent for a definition made on the spot. */
  readonly channelName?: string;
  readonly definition: ChannelDefinition;
  readonly message: Message;
  readonly origin: Origin;
  /** The hooks or notifiers that asked for it. */
  readonly names: readonly string[];
  /** Where secrets of the definition are looked for, so that any later process finds the same ones. */
  readonly source?: SecretSource;
  /** Why it is put on record and not sent, in one sentence. */
  readonly suppressed?: string;
  /** What it would repeat, to the same channel. Where that was given up, or never was, it is sent all the same. */
  readonly repeats?: Pick<NewItem, "runId" | "event" | "key">;
  /** Told in its place when it is held or given up: the same message to another channel. */
  readonly fallback?: Omit<NewItem, "values">;
  /** Values the definition may not hold. They stay in memory: only their names are written. */
  readonly values?: Readonly<Record<string, string>>;
}

export type Origin = "hook" | "notifier" | "task";

/** Where the secrets that a definition names are looked for. */
export interface SecretSource {
  readonly namespace?: string;
  /** The path of the config file that declared the channel. */
  readonly config?: string;
  /** The name of the project that the message belongs to. It has no part in the channel's identity. */
  readonly project?: string;
}

/** One message to one recipient of one channel: one file of the outbox. All of it is redacted; it holds no secret. */
export interface OutboxItem extends Omit<NewItem, "values" | "suppressed" | "repeats"> {
  readonly id: string;
  /** The hash of the definition: what locks, pauses and holds go by. */
  readonly channelId: string;
  readonly recipient: string;
  /** Names of values that only the process which made the item has. */
  readonly needs: readonly string[];
  /** Epoch milliseconds, as the next two. */
  readonly created: number;
  readonly due: number;
  /** After this it is not worth sending. */
  readonly expires: number;
  readonly attempts: readonly Attempt[];
  /** Of a digest: the items it tells of. They are sent with it. */
  readonly digestOf?: readonly string[];
  /** Why it waits for a person, or why it was given up. */
  readonly reason?: Reason;
}

/** `started` without a result means that the process died on the way: the message may have arrived. */
export type Attempt =
  | { readonly at: number; readonly outcome: "started" }
  | { readonly at: number; readonly outcome: Delivery["outcome"]; readonly code?: string; readonly note?: string };

export interface Reason {
  readonly code: string;
  readonly note: string;
  readonly help?: string;
}

/** An item that was given up because what it says was told, or is told, by another one. */
export function isSuppressed(item: Pick<OutboxItem, "reason">): boolean {
  return item.reason?.code === SUPPRESSED;
}

const SUPPRESSED = "suppressed";

/** The reason of an item that is not sent, and how it is sent all the same. */
export function suppression(id: string, note: string): Reason {
  return { code: SUPPRESSED, note, help: `send it all the same with: flowctl notify retry ${id}` };
}

/** Whether a message tells of a success: to miss it does less harm than to hear it late, or twice. */
export function isGoodNews({ message }: Pick<OutboxItem, "message">): boolean {
  return message.kind === "alert" && message.alert.to === "Success";
}

/** Whether it tells that a flow which had failed is well again: it counts for as long as the failure does. */
export function isRecovery({ message }: Pick<OutboxItem, "message">): boolean {
  return message.kind === "alert" && message.alert.event === "recovered";
}

/** How long an important message is tried after the first attempt that came too late. */
const LATE_MS = 60 * 60_000;

/**
 * Whether it is too late to send it. A failure, its recovery and what is said in somebody's own words are tried for an
 * hour more, however late: the machine may have been off, or its clock been wrong, and nobody would ever hear of it.
 */
export function isTooLate(item: OutboxItem, now: number): boolean {
  if (now <= item.expires) return false;
  const { message, definition, attempts, due, expires } = item;
  const matters = message.kind !== "alert" || isOfFamily(message.alert.to, "Failed") || isRecovery(item);
  if (definition.type === "sms" || !matters) return true;
  const firstLate = attempts.find(({ at }) => at > expires);
  return firstLate !== undefined && Math.max(now, due) > firstLate.at + LATE_MS;
}

/** The four directories of the outbox. */
export const SHELVES = ["new", "held", "sent", "dead"] as const;
/** `new`: waits · `held`: waits for a person · `sent`: the service took it · `dead`: given up. */
export type Shelf = (typeof SHELVES)[number];

/**
 * The same definition and source have the same id on every machine; two projects' `team` have two, and so have two
 * tasks that know their own URLs.
 */
export function channelIdOf({ definition, source = {}, values = {} }: ChannelParts): string {
  const own = Object.keys(values).length === 0 ? [] : [values];
  return `c_${hash([definition, source.namespace ?? null, source.config ?? null, ...own]).slice(0, 20)}`;
}

type ChannelParts = Pick<NewItem, "definition" | "source" | "values">;

/** Deterministic: enqueueing the same thing twice is enqueueing it once. */
export function itemIdOf(item: NewItem, channelId: string, recipient: string): string {
  return `n_${hash([item.runId, item.event, item.key, channelId, recipient]).slice(0, 26)}`;
}

/** What people call the item's channel: its name in config, else its type. */
export function channelLabel(item: Pick<OutboxItem, "channelName" | "definition">): string {
  return item.channelName ?? item.definition.type;
}

/** Whether one of its attempts arrived, for all that is known. */
export function mayHaveArrived({ attempts }: Pick<OutboxItem, "attempts">): boolean {
  return attempts.some(({ outcome }) => outcome !== "transient" && outcome !== "permanent");
}

/** Attempts that ended without delivery, in a row. */
export function failedAttempts(item: OutboxItem): number {
  return item.attempts.filter((each) => each.outcome !== "delivered" && each.outcome !== "started").length;
}

function hash(value: unknown): string {
  const digest = createHash("sha256").update(canonical(value)).digest();
  const alphabet = "0123456789abcdefghjkmnpqrstvwxyz";
  let text = "";
  let bits = 0;
  let held = 0;
  for (const byte of digest) {
    held = (held << 8) | byte;
    bits += 8;
    while (bits >= 5) {
      bits -= 5;
      text += alphabet.charAt((held >> bits) & 31);
    }
    held &= (1 << bits) - 1;
  }
  return text;
}

/** JSON with sorted keys, so that the order in which options were written does not matter. */
function canonical(value: unknown): string {
  return JSON.stringify(value, (_, each: unknown) =>
    typeof each === "object" && each !== null && !Array.isArray(each)
      ? Object.fromEntries(Object.entries(each).sort(([a], [b]) => (a < b ? -1 : 1)))
      : each,
  );
}
