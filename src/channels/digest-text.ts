import type { Message } from "../model/notification.ts";
import { shownTime } from "../model/time-zone.ts";
import { contentOf } from "./content.ts";
import { cut, oneLine } from "./cut.ts";

/** What is needed of each late message. */
interface Late {
  readonly id: string;
  readonly flow: string;
  readonly created: number;
  readonly message: Message;
}

/** Longest list, and longest line of it. */
const LISTED = 40;
const LINE = 240;

/** One message of several that waited: when each was made and what it says, oldest first. */
export function digestText(items: readonly Late[]): Message {
  const flows = [...new Set(items.map(({ flow }) => flow))];
  const of = flows.length === 1 ? `flow "${flows[0] ?? ""}"` : `${String(flows.length)} flows`;
  const subject = `${String(items.length)} late messages about ${cut(oneLine(of), 120)}`;
  const lines = items.slice(0, LISTED).map((item) => `${timeOf(item)}  ${headline(item)}  (${item.id})`);
  const more = items.length > LISTED ? [`and ${String(items.length - LISTED)} more`] : [];
  const text = [
    `${subject}: they could not be delivered for more than 15 minutes, and are told here in one.`,
    ...lines,
    ...more,
    "Each of them: flowctl notify show ID",
  ].join("\n");
  return { kind: "text", text, subject, literal: true };
}

function headline({ id, created, message }: Late): string {
  switch (message.kind) {
    case "alert":
      return cut(contentOf(message.alert, { id, attempt: 1, createdAt: created, at: created }).headline, LINE);
    case "text":
      return cut(oneLine(message.text), LINE);
    case "payload":
      return cut(oneLine(JSON.stringify(message.payload)), LINE);
  }
}

/** When a message was made, in its run's time zone, to the minute. */
function timeOf({ created, message }: Late): string {
  const zone = message.kind === "alert" ? message.alert.timezone : undefined;
  return shownTime(created, zone ?? "UTC").replace(/:\d\d (?=\S+$)/, " ");
}
