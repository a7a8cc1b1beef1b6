import type { Message } from "../model/notification.ts";
import { isTooLate, itemIdOf, type OutboxItem } from "./item.ts";

/** A message that waited longer is told together with the others that did. */
const LATE_MS = 15 * 60_000;
/** So few are told one by one. */
const FEW = 5;

/** Makes one message of several that waited too long; `now` in epoch milliseconds. */
export type Digest = (items: readonly OutboxItem[], now: number) => Message;

/**
 * The item that tells what many others of one recipient have waited to tell, after an outage: it
 * names them, and they are sent with it. Its id follows from theirs.
 *
 * @param waiting what waits at one channel; what a task asked for, or what needs its maker's values, is left alone
 * @returns `undefined` where there are not enough of them
 */
export function digestOf(
  waiting: readonly OutboxItem[],
  recipient: string,
  now: number,
  say: Digest,
): OutboxItem | undefined {
  const late = waiting.filter(
    (item) =>
      item.recipient === recipient &&
      item.origin !== "task" &&
      item.needs.length === 0 &&
      item.digestOf === undefined &&
      now - item.created > LATE_MS &&
      !isTooLate(item, now),
  );
  const [first] = late;
  if (first === undefined || late.length <= FEW) return undefined;
  const ids = late.map(({ id }) => id);
  const { runId, flow, channelId, channelName, definition, source } = first;
  const made = {
    runId,
    flow,
    event: "digest",
    key: ids.join(),
    ...(channelName === undefined ? {} : { channelName }),
    definition,
    message: say(late, now),
    origin: "hook" as const,
    names: [...new Set(late.flatMap(({ names }) => names))],
    ...(source === undefined ? {} : { source }),
  };
  return {
    ...made,
    id: itemIdOf(made, channelId, recipient),
    channelId,
    recipient,
    needs: [],
    // Before all that it tells of, and before all that must not overtake them.
    created: first.created,
    due: now,
    expires: Math.max(...late.map(({ expires }) => expires)),
    attempts: [],
    digestOf: ids,
  };
}

/** An item as it is once a digest has told it. */
export function toldBy(item: OutboxItem, digest: OutboxItem, now: number): OutboxItem {
  const note = `told with ${String(digest.digestOf?.length ?? 0)} late messages in ${digest.id}`;
  return { ...item, attempts: [...item.attempts, { at: now, outcome: "delivered", note }] };
}
