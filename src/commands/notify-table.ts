import { contentOf } from "../channels/content.ts";
import { contentText } from "../channels/render-text.ts";
import type { Screen } from "../host/host.ts";
import { formatDuration } from "../model/duration.ts";
import { messageWithoutMarks, withoutMarks } from "../model/value-marks.ts";
import { channelLabel, isSuppressed, type OutboxItem, type Shelf } from "../outbox/item.ts";
import type { StoredItem } from "../outbox/outbox.ts";
import { inShort } from "../outbox/summary.ts";
import { cleanLine } from "../model/clean.ts";

/** Longest text of one message that is shown. */
const LONGEST = 20_000;

const WORDS: Readonly<Record<Shelf, string>> = { new: "waiting", held: "held", sent: "sent", dead: "given up" };

/** Where a message is, in the words of `notify list`. */
function wordOf({ shelf, item }: StoredItem): string {
  return isSuppressed(item) ? "suppressed" : WORDS[shelf];
}

/** Of a channel with recipients, which of them. */
function whomOf({ recipient }: OutboxItem): string {
  return recipient === "" ? "" : ` → ${recipient}`;
}

/** The list for people: aligned on a terminal, separated by tabs and without a head anywhere else. */
export function notifyTable(items: readonly StoredItem[], { now, screen }: { now: number; screen: Screen }): string {
  const rows = items.map(({ shelf, item }) =>
    [
      item.id,
      wordOf({ shelf, item }),
      `${channelLabel(item)}${whomOf(item)}`,
      item.flow,
      screen.isTTY ? `${formatDuration(Math.max(0, now - item.created))} ago` : new Date(item.created).toISOString(),
      noteOf({ shelf, item }, now, screen.isTTY),
    ].map(cleanLine),
  );
  if (!screen.isTTY) return rows.map((row) => `${row.join("\t")}\n`).join("");
  const table = [["MESSAGE", "STATE", "CHANNEL", "FLOW", "MADE", "NOTE"], ...rows];
  const widths = table[0]?.map((_, column) => Math.max(...table.map((row) => row[column]?.length ?? 0))) ?? [];
  return table
    .map(
      (row) =>
        `${row
          .map((cell, at) => cell.padEnd(widths[at] ?? 0))
          .join("  ")
          .trimEnd()}\n`,
    )
    .join("");
}

/** One message with all that happened to it. */
export function itemLines({ shelf, item }: StoredItem): string {
  const fact = (name: string, value: string): string => `${name.padEnd(10)} ${value}`;
  const attempts = item.attempts.map((each) => {
    const note = "note" in each ? `  ${each.note}` : "";
    return `  ${new Date(each.at).toISOString()}  ${each.outcome}${note}`;
  });
  return [
    fact("message", item.id),
    fact("state", wordOf({ shelf, item })),
    fact("channel", `${channelLabel(item)} (${item.definition.type})${whomOf(item)}`),
    fact("run", `${item.runId} of ${item.flow}`),
    fact("event", `${item.event}, asked for by ${item.origin} ${item.names.join(", ")}`.trimEnd()),
    fact("made", new Date(item.created).toISOString()),
    ...(shelf === "new" ? [fact("next try", new Date(item.due).toISOString())] : []),
    ...(item.reason === undefined ? [] : [fact("reason", item.reason.note)]),
    ...(item.reason?.help === undefined ? [] : [fact("fix", item.reason.help)]),
    ...(attempts.length === 0 ? [] : ["attempts", ...attempts]),
    "text",
    ...textOf(item)
      .split("\n")
      .map((line) => `  ${line}`),
    "",
  ].join("\n");
}

/** An item as JSON prints it: times as ISO 8601. */
export function itemData({ shelf, item }: StoredItem): Readonly<Record<string, unknown>> {
  const iso = (at: number): string => new Date(at).toISOString();
  return {
    ...item,
    message: messageWithoutMarks(item.message),
    state: wordOf({ shelf, item }),
    channel: channelLabel(item),
    created: iso(item.created),
    due: iso(item.due),
    expires: iso(item.expires),
    attempts: item.attempts.map((each) => ({ ...each, at: iso(each.at) })),
  };
}

function noteOf({ shelf, item }: StoredItem, now: number, short: boolean): string {
  const last = item.attempts.at(-1);
  const note = item.reason?.note ?? (last !== undefined && "note" in last ? last.note : undefined) ?? "";
  const said = short ? inShort(note) : note;
  if (shelf !== "new" || item.due <= now) return said;
  return `${said}${said === "" ? "" : "; "}next try in ${formatDuration(item.due - now)}`;
}

function textOf({ message, id }: OutboxItem): string {
  if (message.kind === "text") return withoutMarks(message.text);
  if (message.kind === "payload") return withoutMarks(JSON.stringify(message.payload, null, 2));
  return contentText(contentOf(message.alert, { id, attempt: 1 }), LONGEST);
}
