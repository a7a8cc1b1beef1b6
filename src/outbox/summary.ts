import { usableAt, type ChannelState } from "./circuit.ts";
import { channelLabel, isSuppressed, type OutboxItem, type Shelf } from "./item.ts";
import { formatDuration } from "../model/duration.ts";
import { dueAt } from "./schedule.ts";

/** What has become of messages that were to be delivered. */
export interface DeliverySummary {
  readonly outcomes: readonly ItemOutcome[];
}

export interface ItemOutcome {
  readonly id: string;
  /** `suppressed`: another message tells it. `gone`: withdrawn, or removed since. */
  readonly state: "sent" | "waiting" | "held" | "dead" | "suppressed" | "gone";
  /** The channel's name for people. */
  readonly channel: string;
  readonly recipient: string;
  /** Why it was not delivered, in one line. */
  readonly code?: string;
  readonly note?: string;
  readonly help?: string;
  /** When it is tried next, in epoch milliseconds. */
  readonly due?: number;
  /** Whether the last attempt may have arrived. */
  readonly doubtful?: true;
  /** Whether its fallback has told it meanwhile. */
  readonly instead?: true;
}

const STATES: Readonly<Record<Shelf, ItemOutcome["state"]>> = {
  new: "waiting",
  held: "held",
  sent: "sent",
  dead: "dead",
};

export function outcomeOf(
  id: string,
  stored: { readonly shelf: Shelf; readonly item: OutboxItem } | undefined,
  {
    channelState,
    isToldInstead,
    now,
  }: {
    readonly channelState: (channelId: string) => ChannelState;
    /** Whether the fallback of an item has told it. */
    readonly isToldInstead: (item: OutboxItem) => boolean;
    readonly now: number;
  },
): ItemOutcome {
  if (stored === undefined) return { id, state: "gone", channel: "", recipient: "" };
  const { shelf, item } = stored;
  const last = item.attempts.at(-1);
  const failed = last !== undefined && "note" in last ? last : undefined;
  const code = item.reason?.code ?? failed?.code;
  const note = item.reason?.note ?? failed?.note ?? (shelf === "new" ? behind(item, channelState) : undefined);
  const help = item.reason?.help;
  return {
    id,
    state: isSuppressed(item) ? "suppressed" : STATES[shelf],
    channel: channelLabel(item),
    recipient: item.recipient,
    ...(code === undefined ? {} : { code }),
    ...(note === undefined ? {} : { note }),
    ...(help === undefined ? {} : { help }),
    ...(shelf === "new" ? { due: Math.max(dueAt(item, now), usableAt(channelState(item.channelId), false, now)) } : {}),
    ...(last?.outcome === "ambiguous" || last?.outcome === "started" ? { doubtful: true as const } : {}),
    ...(shelf === "new" && isToldInstead(item) ? { instead: true as const } : {}),
  };
}

/** Why an item that nobody has tried yet waits, where its channel is in trouble. */
function behind({ channelId }: OutboxItem, channelState: (channelId: string) => ChannelState): string | undefined {
  const { lastError } = channelState(channelId);
  return lastError === null ? undefined : `behind a message that was not taken (${lastError})`;
}

/**
 * A run's last lines about its notifications; none where there were none.
 *
 * @example notifications: 2 sent, 1 waiting (team: rate limited, next try in 30s): flowctl notify list
 */
export function summaryLines(summary: DeliverySummary, now: number): readonly string[] {
  const of = (state: ItemOutcome["state"]): readonly ItemOutcome[] =>
    summary.outcomes.filter((each) => each.state === state);
  const parts = [
    part(of("sent"), "sent", () => undefined),
    part(of("waiting"), "waiting", (each) => {
      const wait = each.due === undefined || each.due <= now ? "" : `next try in ${brief(each.due - now)}`;
      const instead = each.instead === true ? "told by its fallback" : "";
      return [each.note, instead, wait].filter((text) => text !== undefined && text !== "").join(", ");
    }),
    part(of("held"), "held", (each) => inShort(each.note)),
    part(of("dead"), "given up", (each) => inShort(each.note)),
    part(of("suppressed"), "suppressed", (each) => each.note),
  ].filter((text) => text !== undefined);
  if (parts.length === 0) return [];
  const more = summary.outcomes.every(({ state }) => state === "sent" || state === "gone")
    ? ""
    : `: flowctl notify list${summary.outcomes.every(isTold) ? " --state suppressed" : ""}`;
  const helps = new Set(of("held").flatMap((each) => each.help ?? []));
  return [`notifications: ${parts.join(", ")}${more}`, ...[...helps].map((help) => `  fix: ${help}`)];
}

/** The first sentence of a note, where a line has to hold it; `flowctl notify show` has the whole. */
export function inShort(note = ""): string {
  return /^(.+?)\. [A-Z]/s.exec(note)?.[1] ?? note;
}

/** Whether nothing is left to do for a message: it was sent, or another one tells what it says. */
export function isTold({ state }: Pick<ItemOutcome, "state">): boolean {
  return state === "sent" || state === "suppressed" || state === "gone";
}

/** `3 held (team, oncall: …; boss: …)`: each distinct reason once. */
function part(
  outcomes: readonly ItemOutcome[],
  word: string,
  why: (outcome: ItemOutcome) => string | undefined,
): string | undefined {
  if (outcomes.length === 0) return undefined;
  const channels = new Map<string, Set<string>>();
  for (const each of outcomes) {
    const text = why(each) ?? "";
    if (text !== "") channels.set(text, (channels.get(text) ?? new Set()).add(each.channel));
  }
  const reasons = [...channels].map(([text, names]) => `${[...names].join(", ")}: ${text}`);
  return `${String(outcomes.length)} ${word}${reasons.length === 0 ? "" : ` (${reasons.join("; ")})`}`;
}

function brief(milliseconds: number): string {
  if (milliseconds < 60_000) return `${Math.max(1, Math.round(milliseconds / 1000))}s`;
  return formatDuration(milliseconds);
}
