import type { NewItem } from "../outbox/item.ts";
import type { DeliverySummary } from "../outbox/summary.ts";
import { isCi } from "../reporters/mode.ts";
import type { CommandContext } from "./context.ts";
import { mayLeaveBehind } from "./left-behind.ts";
import type { Services } from "./services.ts";

/** How long the end of a run waits for deliveries, in milliseconds (design decision 4): longer where nobody goes on with it. */
const BY_HAND = 10_000;
const ALONE = 60_000;
const STOPPED = 5000;
const KEPT = 30 * 24 * 3_600_000;
/** How long one message is tried beside what a process does, in milliseconds; what is left then is tried at the end. */
const BESIDE = 60_000;
/** The same beside a run, which may go on for hours: until the message's fallback has told it. */
export const BESIDE_RUN: number = 6 * 60_000;

/** What a run has to tell, gathered while it runs and delivered when it has ended. Once disposed of it sends no more. */
export interface Telling extends Disposable {
  /** Puts messages on disk; on return they are safe. */
  enqueue(items: readonly NewItem[]): Promise<void>;
  /** Remembers messages that somebody else put in the outbox. */
  note(ids: readonly string[]): void;
  /** Whether all of it survives this process, or is sent: not what a full disk did not take. */
  isSafe(): boolean;
  /** Delivers what was put in the outbox, for a bounded time. @returns what has become of it; `undefined` where there was nothing */
  deliver(): Promise<DeliverySummary | undefined>;
}

/**
 * Nothing of the outbox is imported before there is a message.
 * @param besideMs how long each message is sent beside what this process does, as soon as it is on disk; 0 for not at all
 */
export function telling(services: Services, { host, stop }: CommandContext, besideMs = BESIDE): Telling {
  const ids = new Set<string>();
  const ended = new AbortController();
  let areSafe = (): boolean => true;
  return {
    isSafe: () => areSafe(),
    async enqueue(items) {
      const outbox = await services.outbox();
      areSafe = () => outbox.areSafe(ids);
      const added = items.flatMap((item) => outbox.enqueue(item));
      for (const id of added) ids.add(id);
      if (besideMs === 0) return;
      // What is on disk is safe; sending it goes on beside the run. Failures are seen at the end, in `deliver`.
      const sent = outbox.deliver({ ids: added, deadlineMs: besideMs, signal: ended.signal });
      sent.catch(() => undefined);
    },
    note(more) {
      for (const id of more) ids.add(id);
    },
    async deliver() {
      if (ids.size === 0) return undefined;
      const usual = mayLeaveBehind(host) ? BY_HAND : ALONE;
      const isLast = isCi(host.environment.variables);
      const configured = services.config.delivery.waitAtEnd ?? usual;
      // A person who stops a run waits for less, and is told all the same; a second signal ends everything.
      const deadlineMs = stop.signal.aborted ? Math.min(configured, STOPPED) : configured;
      const outbox = await services.outbox();
      // Now and then: what was sent is kept for a month, so that nothing is told twice.
      if (host.random() < 1 / 16) outbox.prune(host.clock.now() - KEPT);
      try {
        return await outbox.deliver({ ids: [...ids], deadlineMs, isLast });
      } finally {
        ended.abort();
      }
    },
    [Symbol.dispose]() {
      ended.abort();
    },
  };
}
