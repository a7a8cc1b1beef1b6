import type { Clock } from "../host/clock.ts";
import type { Environment } from "../host/host.ts";
import { UserError } from "../model/error.ts";
import { isSecretReference, type ChannelDefinition } from "../model/notification.ts";
import type { Channel, Delivery, DeliveryRequest } from "./channel.ts";
import type { Digest } from "./digest.ts";
import { isGoodNews, isTooLate, mayHaveArrived, type OutboxItem, type SecretSource } from "./item.ts";
import { addressOf } from "./recipients.ts";
import { expire, hold, settle, startAttempt, type Settled } from "./outcome.ts";
import type { Chance } from "./schedule.ts";

/** What sending needs of the world. */
export interface Sending extends Chance {
  readonly clock: Clock;
  readonly environment: Environment;
  readonly secretVariables?: readonly string[];
  /** The state directory. */
  readonly directory: string;
  /** Loads a channel's code; rejects for an unknown type. */
  channel(type: string): Promise<Channel>;
  /** The values of the secrets that a definition names. */
  values(definition: ChannelDefinition, source: SecretSource): Promise<Readonly<Record<string, string>>>;
  readonly redact: (text: string) => string;
  /** Makes one message of many that are late. @default each goes by itself */
  readonly digest?: Digest;
}

/** Longest a channel may take for one message, whatever its own limits. */
const ATTEMPT_MS = 90_000;
/** After an abort, how long a channel may take to say what became of the message. */
const GRACE_MS = 1000;
/** How long another process may wait with an item whose values only its maker has. */
const MEMORY_WAIT_MS = 3_600_000;

/**
 * One attempt for one item: looks whether it may be sent, writes down that it
 * begins, sends, and says where the item goes.
 *
 * @param isOurs whether this process made the item or was asked for it by a person: another one, with
 *   another environment, may lack a secret that the maker has, and leaves the item as it is
 * @param memory values that were never written; `undefined` in another process
 * @param write called with the item before the network is touched
 * @returns `undefined` where the item stays as it is; `delivery` where the service was called
 */
export async function attemptDelivery(
  item: OutboxItem,
  options: {
    readonly sending: Sending;
    readonly isOurs: boolean;
    readonly memory: Readonly<Record<string, string>> | undefined;
    readonly signal: AbortSignal;
    readonly write: (item: OutboxItem) => void;
  },
): Promise<(Settled & { readonly delivery?: Delivery }) | undefined> {
  const { sending, memory, signal } = options;
  const { clock } = sending;
  if (item.attempts.at(-1)?.outcome === "delivered") return { shelf: "sent", item };
  if (isTooLate(item, clock.now())) return expire(item);
  if (item.needs.length > 0 && memory === undefined) {
    if (clock.now() < item.created + MEMORY_WAIT_MS) return undefined;
    const note = `its ${item.needs.join(", ")} was known only to the run that made it, and that run has ended`;
    return hold(
      item,
      "values-lost",
      note,
      "run the flow again, or name a secret or a channel in the place of the value",
    );
  }
  const { type } = item.definition;
  const channel = await sending.channel(type).catch((error: unknown) => ({ error }));
  if ("error" in channel) {
    const isUnknown = channel.error instanceof UserError;
    // A later flowctl may have put it there, and knows how to send it.
    if (isUnknown && !options.isOurs) return undefined;
    if (isUnknown) return hold(item, "unknown-channel", `this flowctl has no channel of the type "${type}"`);
    // Files that are not there, as flowctl is being updated, are there for the next process.
    const note = `the code of the ${type} channel could not be loaded: ${firstLine(channel.error)}`;
    return settled(item, { outcome: "transient", code: "channel-code", note }, sending);
  }
  const values = await valuesOf(item, sending);
  if ("outcome" in values && values.outcome === "permanent" && !options.isOurs) return undefined;
  if ("outcome" in values) return settled(item, values, sending);
  const doubtful = mayHaveArrived(item);
  const request: DeliveryRequest = {
    id: item.id,
    definition: item.definition,
    recipient: addressOf(item.recipient, { ...values.found, ...memory }),
    message: item.message,
    attempt: item.attempts.length + 1,
    at: clock.now(),
    stateDirectory: sending.directory,
    createdAt: item.created,
    ...(doubtful ? { repeat: true as const } : {}),
    values: { ...values.found, ...memory },
    redact: sending.redact,
    signal,
    environment: sending.environment.variables,
    ...(sending.secretVariables === undefined ? {} : { secretVariables: sending.secretVariables }),
  };
  if (doubtful) {
    const found = (await channel.find?.(request)) ?? "unknown";
    if (found === "arrived") {
      return settled(item, { outcome: "delivered", note: "the service has it from an earlier attempt" }, sending);
    }
    if (found === "unknown" && isHeldInDoubt(item, channel)) {
      return hold(
        item,
        "in-doubt",
        "it may have been delivered",
        `send it again with: flowctl notify retry ${item.id}`,
      );
    }
  }
  if (signal.aborted) return undefined;
  const started = startAttempt(item, clock.now());
  options.write(started);
  return settled(started, await send(channel, request, clock), sending);
}

/** Where the item goes, with what became of the attempt: masked, whoever says it. */
function settled(item: OutboxItem, given: Delivery, sending: Sending): Settled & { readonly delivery: Delivery } {
  const delivery = redacted(given, sending.redact);
  return { ...settle(item, delivery, sending.clock.now(), sending), delivery };
}

/** Whether it is rather not sent at all than twice: as the channel's definition says, else as its service is. */
function isHeldInDoubt(item: OutboxItem, { ambiguous }: Channel): boolean {
  const policy = item.definition["onAmbiguous"] ?? ambiguous;
  return policy === "hold" || (policy === "hold good news" && isGoodNews(item));
}

async function valuesOf(
  item: OutboxItem,
  sending: Sending,
): Promise<{ readonly found: Readonly<Record<string, string>> } | Delivery> {
  try {
    return { found: await sending.values(stored(item) as ChannelDefinition, item.source ?? {}) };
  } catch (error) {
    const note = firstLine(error);
    const help = error instanceof UserError ? error.diagnostics[0]?.help : undefined;
    const code = error instanceof UserError ? (error.diagnostics[0]?.code ?? "SECRET") : "SECRET";
    // A store that is locked or slow may open again by itself; a secret that is not there does not appear.
    if (!isSecretTrouble(code)) return { outcome: "transient", code, note };
    return { outcome: "permanent", code, note, ...(help === undefined ? {} : { help }) };
  }
}

/** Whether an item is held because a secret is not there. */
export function isSecretTrouble(code: string | undefined): boolean {
  return code === "SECRET_NOT_FOUND" || code === "SECRET_NAME";
}

/** The definition without the values that the process itself holds: no store knows them. */
function stored({ definition, needs }: OutboxItem): unknown {
  if (needs.length === 0) return definition;
  const without = (value: unknown): unknown => {
    if (isSecretReference(value)) return needs.includes(value.secret) ? undefined : value;
    if (Array.isArray(value)) return value.map(without);
    if (typeof value !== "object" || value === null) return value;
    return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, without(each)]));
  };
  return without(definition);
}

/** A channel promises not to throw and to heed the signal; a defect in one must not lose or block the others. */
async function send(channel: Channel, request: DeliveryRequest, clock: Clock): Promise<Delivery> {
  const limit = new AbortController();
  const timers: unknown[] = [];
  const cut = new Promise<Delivery>((resolve) => {
    const stop = (): void => {
      limit.abort();
      const note = "cut off before the service answered";
      timers.push(
        clock.setTimeout(() => {
          resolve({ outcome: "ambiguous", code: "cut-off", note });
        }, GRACE_MS),
      );
    };
    timers.push(clock.setTimeout(stop, ATTEMPT_MS));
    if (request.signal.aborted) stop();
    else request.signal.addEventListener("abort", stop, { signal: limit.signal, once: true });
  });
  try {
    return await Promise.race([channel.send({ ...request, signal: limit.signal }), cut]);
  } catch (error) {
    return { outcome: "transient", code: "channel-failed", note: firstLine(error) };
  } finally {
    for (const timer of timers) clock.clearTimeout(timer);
    // Ends the listener on the caller's signal.
    limit.abort();
  }
}

function redacted(delivery: Delivery, redact: (text: string) => string): Delivery {
  return {
    ...delivery,
    ...(delivery.note === undefined ? {} : { note: redact(delivery.note) }),
    ...("help" in delivery ? { help: redact(delivery.help) } : {}),
  };
}

function firstLine(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  return text.split("\n", 1)[0] ?? "";
}
