import { closest } from "fastest-levenshtein";
import { userError } from "../model/error.ts";
import type { ChannelDefinition, NotifyReceipt, NotifyRequest } from "../model/notification.ts";
import type { NewItem, OutboxItem, SecretSource } from "./item.ts";
import type { Outbox } from "./outbox.ts";
import type { ItemOutcome } from "./summary.ts";

/** The task, or the flow itself where `task` is absent, that asks to have something told. */
export interface NotifyOrigin {
  readonly task?: string;
  readonly mapIndex?: number;
  readonly attempt: number;
}

/** What the engine is given as `notify`: from a task's request to a delivered message or an error. */
export type NotifyService = (request: NotifyRequest, from: NotifyOrigin) => Promise<NotifyReceipt>;

const DEFAULT_WAIT_MS = 10_000;

interface NotifyServiceOptions {
  readonly outbox: Outbox;
  readonly channels: Readonly<Record<string, ChannelDefinition>>;
  readonly runId: string;
  readonly flow: string;
  readonly source?: SecretSource;
  readonly signal?: AbortSignal;
  /** Set for a task that had ended in an earlier part of the run: what it tells now is another message. */
  readonly partOf?: (task: string) => number | undefined;
  /** Adds what tells in the place of a channel that does not take a message. @default nothing does */
  readonly withFallback?: (item: NewItem) => NewItem;
  /** Told of every item put in the outbox, for the run's last lines. */
  readonly onEnqueued?: (ids: readonly string[]) => void;
}

/** A message was not delivered and has been withdrawn from the outbox: it will not arrive later. */
export class NotDelivered extends Error {
  override readonly name = "NotDelivered";
}

/**
 * Puts a task's messages in the outbox and waits for their delivery.
 *
 * The promise it answers rejects with a `UserError` for an unknown channel, and
 * with `NotDelivered` when the service did not take the message in time, nor a channel that it falls back to.
 */
export function createNotifyService(options: NotifyServiceOptions): NotifyService {
  const { outbox, withFallback = (item: NewItem) => item } = options;
  /** A body may notify several times: each message is one of its own, the same again when the run is resumed. */
  const counts = new Map<string, number>();
  const taken: Taken = new Map();
  return async (request, from) => {
    const channel = channelOf(request.to, options.channels);
    const label = from.mapIndex === undefined ? (from.task ?? "") : `${from.task ?? ""}[${String(from.mapIndex)}]`;
    const part = options.partOf?.(label);
    const again = part === undefined ? "" : `/${String(part)}`;
    const who = `${from.task ?? ""}[${String(from.mapIndex ?? "")}]#${String(from.attempt)}${again}`;
    const count = (counts.get(who) ?? 0) + 1;
    counts.set(who, count);
    const item = withFallback({
      runId: options.runId,
      flow: options.flow,
      event: from.task === undefined ? "flow-message" : "task-message",
      key: `${who}.${String(count)}`,
      ...channel,
      message: request.message,
      origin: "task",
      names: from.task === undefined ? [] : [from.task],
      ...(options.source === undefined ? {} : { source: options.source }),
      ...(request.values === undefined ? {} : { values: request.values }),
    });
    if (request.deliver === "outbox") {
      const ids = outbox.enqueue(item);
      // What a full disk does not take dies with this process: then only its delivery is a success.
      const isSafe = outbox.areSafe(ids);
      if (isSafe) options.onEnqueued?.(ids);
      if (isSafe) return { ids, outcome: "queued" };
    }
    const { ids, lost } = await deliver(item, request.waitMs ?? DEFAULT_WAIT_MS, { ...options, taken });
    if (lost.length > 0) throw new NotDelivered(lost.map(sentence).join("\n"));
    options.onEnqueued?.(ids);
    return { ids, outcome: "delivered" };
  };
}

/**
 * Waits for a message's delivery, and where its channel does not take it for that of its fallback. What is `lost`
 * nobody was told, and it is taken out of the outbox.
 */
async function deliver(
  item: NewItem,
  deadlineMs: number,
  within: Pick<NotifyServiceOptions, "outbox" | "signal"> & { readonly taken: Taken },
): Promise<{ readonly ids: readonly string[]; readonly lost: readonly ItemOutcome[] }> {
  const { outbox } = within;
  const ids = outbox.enqueue(item);
  const outcomes = await inTurn(ids, deadlineMs, within);
  const unsent = outcomes.filter(({ id, state }) => ids.includes(id) && state !== "sent");
  const { fallback } = item;
  if (fallback === undefined) return { ids, lost: await withdraw(unsent, outbox) };
  const refused = unsent.filter(({ state }) => state !== "waiting");
  const late = await withdraw(
    unsent.filter(({ state }) => state === "waiting"),
    outbox,
  );
  if (refused.length + late.length === 0) return { ids, lost: [] };
  const next = await deliver(fallback, deadlineMs, within);
  // Where the fallback told it, what was refused stays held: somebody has to mend that channel.
  if (next.lost.length === 0) return { ids: [...ids, ...next.ids], lost: [] };
  return { ids, lost: [...late, ...(await withdraw(refused, outbox)), ...next.lost] };
}

/** How many messages each channel has taken. */
type Taken = Map<string, number>;

/**
 * A service takes one message at a time, some of them one a second: where many tasks tell something at once, each waits
 * for its turn for as long as its channel takes those before it.
 */
async function inTurn(
  ids: readonly string[],
  deadlineMs: number,
  { outbox, signal, taken }: Parameters<typeof deliver>[2],
): Promise<readonly ItemOutcome[]> {
  const limits = { deadlineMs, urgent: true, ...(signal === undefined ? {} : { signal }) };
  const channelId = outbox.read(ids[0] ?? "")?.item.channelId ?? "";
  const counted = new Set<string>();
  for (;;) {
    const before = taken.get(channelId) ?? 0;
    const { outcomes } = await outbox.deliver({ ids, ...limits });
    const sent = outcomes.filter(({ id, state }) => state === "sent" && !counted.has(id));
    for (const { id } of sent) counted.add(id);
    const now = (taken.get(channelId) ?? 0) + sent.length;
    taken.set(channelId, now);
    const isUntried = ids.map((id) => outbox.read(id)).some((each) => each?.shelf === "new" && !wasTried(each.item));
    if (!isUntried || now === before || signal?.aborted === true) return outcomes;
  }
}

function wasTried({ attempts }: OutboxItem): boolean {
  return attempts.length > 0;
}

/** Takes them out of the outbox. @returns those that no other process delivered at the last moment */
async function withdraw(outcomes: readonly ItemOutcome[], outbox: Outbox): Promise<readonly ItemOutcome[]> {
  const withdrawn = new Set(await outbox.withdraw(outcomes.map(({ id }) => id)));
  return outcomes
    .filter(({ id }) => withdrawn.has(id) || outbox.read(id)?.shelf !== "sent")
    .map((each) => (withdrawn.has(each.id) || each.state === "gone" ? each : elsewhere(each)));
}

/** Another process has the channel: the message could not be taken back from it. */
function elsewhere(outcome: ItemOutcome): ItemOutcome {
  return { ...outcome, note: "another process is sending it and has not come to an end", doubtful: true };
}

function sentence({ channel, recipient, note, help, doubtful }: ItemOutcome): string {
  const whom = recipient === "" ? "" : ` for ${recipient}`;
  const what = doubtful === true ? "may not have been delivered" : "was not delivered";
  return `the message${whom} ${what} by channel "${channel}": ${note ?? "there was no time to send it"}${help === undefined ? "" : ` (${help})`}`;
}

/** A channel of the config by name, the built-in `inbox`, or a definition as it is. */
function channelOf(
  to: string | ChannelDefinition,
  channels: Readonly<Record<string, ChannelDefinition>>,
): { readonly definition: ChannelDefinition; readonly channelName?: string } {
  if (typeof to !== "string") return { definition: to };
  const definition = Object.hasOwn(channels, to) ? channels[to] : to === "inbox" ? { type: "inbox" } : undefined;
  if (definition !== undefined) return { definition, channelName: to };
  const names = [...new Set([...Object.keys(channels), "inbox"])];
  throw userError("usage", "UNKNOWN_CHANNEL", `there is no channel "${to}"; the channels are ${names.join(", ")}`, {
    help: `did you mean "${closest(to, names)}"? Channels are declared in flowctl.config.yaml under "channels"`,
  });
}
