import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Clock } from "../../src/host/clock.ts";
import { systemFiles, type Files } from "../../src/host/files.ts";
import type { Environment } from "../../src/host/host.ts";
import type { ChannelDefinition } from "../../src/model/notification.ts";
import type { Channel, Delivery, DeliveryRequest } from "../../src/outbox/channel.ts";
import type { NewItem } from "../../src/outbox/item.ts";
import { createOutbox, type Outbox, type OutboxOptions } from "../../src/outbox/outbox.ts";

/** A clock whose time passes only while somebody waits for it. */
export function skippingClock(start = Date.parse("2026-11-24T00:00:00Z")): Clock & { advance(ms: number): void } {
  let now = start;
  const timers = new Set<{ at: number; callback: () => void }>();
  let scheduled = false;
  const turn = (): void => {
    if (scheduled) return;
    scheduled = true;
    // After everything that is under way has had its turns.
    setTimeout(() => {
      scheduled = false;
      const next = [...timers].sort((a, b) => a.at - b.at)[0];
      if (next === undefined) return;
      timers.delete(next);
      now = Math.max(now, next.at);
      next.callback();
      if (timers.size > 0) turn();
    }, 1);
  };
  return {
    now: () => now,
    monotonic: () => now - start,
    setTimeout(callback, ms) {
      const timer = { at: now + ms, callback };
      timers.add(timer);
      turn();
      return timer;
    },
    clearTimeout: (timer) => void timers.delete(timer as never),
    advance: (ms) => void (now += ms),
  };
}

/** A channel that answers as told, in order, then "delivered". */
export function scriptedChannel(answers: (Delivery | "throw" | "hang")[] = [], more: Partial<Channel> = {}) {
  const seen: DeliveryRequest[] = [];
  const channel: Channel = {
    type: "fake",
    check: () => [],
    recipients: () => [""],
    preview: () => "",
    send(request) {
      seen.push(request);
      const answer = answers.shift() ?? { outcome: "delivered" as const };
      if (answer === "throw") throw new Error("a defect");
      return answer === "hang" ? new Promise<never>(() => undefined) : Promise.resolve(answer);
    },
    ...more,
  };
  return { channel, seen };
}

export const ENVIRONMENT: Environment = {
  variables: {},
  cwd: "/",
  platform: "linux",
  home: "/",
  user: "u",
  hostname: "h",
  pid: 1,
  uid: 0,
  execPath: "node",
};

export interface Rig extends Disposable {
  readonly directory: string;
  readonly files: Files;
  readonly clock: ReturnType<typeof skippingClock>;
  readonly warnings: string[];
  /** Another process's view of the same directory. */
  open(channel: Channel | Record<string, Channel>, more?: Partial<OutboxOptions>): Outbox;
}

export function outboxRig(): Rig {
  const directory = mkdtempSync(join(tmpdir(), "flowctl-outbox-"));
  const files = systemFiles();
  const clock = skippingClock();
  const warnings: string[] = [];
  return {
    directory,
    files,
    clock,
    warnings,
    open: (channel, more = {}) =>
      createOutbox({
        files,
        clock,
        random: () => 0.5,
        directory,
        environment: ENVIRONMENT,
        channel: (type) => Promise.resolve("type" in channel ? (channel as Channel) : channel[type]!),
        values: () => Promise.resolve({}),
        redact: (text) => text.replaceAll("hunter2", "***"),
        warn: (text) => warnings.push(text),
        ...more,
      }),
    [Symbol.dispose]: () => {
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

export function newItem(more: Partial<NewItem> & { definition?: ChannelDefinition } = {}): NewItem {
  return {
    runId: "r1",
    flow: "nightly",
    event: "run-failed",
    key: "run",
    channelName: "team",
    definition: { type: "fake" },
    message: { kind: "text", text: "it failed" },
    origin: "hook",
    names: ["failures"],
    ...more,
  };
}
