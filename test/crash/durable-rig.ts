import { systemFiles } from "../../src/host/files.ts";
import { systemProcesses, type Processes } from "../../src/host/process.ts";
import type { Hook } from "../../src/model/hook.ts";
import type { StateType } from "../../src/model/state.ts";
import type { Channel, DeliveryRequest } from "../../src/outbox/channel.ts";
import type { NewItem } from "../../src/outbox/item.ts";
import type { Locks } from "../../src/host/lock.ts";
import { createOutbox, type Outbox, type OutboxOptions } from "../../src/outbox/outbox.ts";
import { reap } from "../../src/runs/reap.ts";
import { openRunStore, type RunStore } from "../../src/runs/run-store.ts";
import { openStateDirectory } from "../../src/runs/state-directory.ts";
import { ENVIRONMENT, newItem, skippingClock } from "../outbox/outbox-rig.ts";
import { draft, same, success, taskEvent } from "../runs/rig.ts";
import { DISK_ROOT, newDisk, type SimulatedDisk } from "../rig/simulated-disk.ts";

/** A hook that is notified of each end. */
export const HOOK = { name: "ends", states: ["Failed", "Success"], to: ["team"] } as unknown as Hook;
export const DRAFT = draft({ hooks: [HOOK], channels: { team: { type: "fake" } } });

/** The notification of an end: `part` of a run that is resumed. */
export function endOf(runId: string, state: StateType, part = 1): NewItem {
  return newItem({
    runId,
    event: "run-ended",
    key: part === 1 ? "run" : `run/${String(part)}`,
    message: { kind: "text", text: `${runId} part ${String(part)}: ${state}` },
  });
}

export interface Running {
  readonly store: RunStore;
  readonly outbox: Outbox;
}

/** One machine with a simulated disk, on which one process runs at a time. */
export interface Machine {
  readonly disk: SimulatedDisk;
  readonly clock: ReturnType<typeof skippingClock>;
  /** What the service took, in order. */
  readonly delivered: DeliveryRequest[];
  /** Each `RUN PART` that somebody must be notified of. */
  readonly owed: Set<string>;
  /** Runs whose end was reported while the machine was on. */
  readonly ended: Set<string>;
  /** Adds to what is owed, unless the machine is off: then nobody knows of it. */
  owe(runId: string, part?: number | "task"): void;
  /** Starts a process. Locks are free: whoever held one has ended. */
  start(): Running;
  /** What a later command does: finalizes crashed runs, sends what is pending. */
  finishOff(): Promise<void>;
}

export function machine(
  channels: Readonly<Record<string, Partial<Channel>>> = {},
  more: Partial<OutboxOptions> = {},
): Machine {
  const disk = newDisk();
  const clock = skippingClock(Date.now());
  const delivered: DeliveryRequest[] = [];
  const owed = new Set<string>();
  const channel = (type: string): Channel => ({
    type,
    check: () => [],
    recipients: () => [""],
    preview: () => "",
    send(request) {
      if (disk.isOff) return Promise.reject(new Error("the machine is off"));
      delivered.push(request);
      return Promise.resolve({ outcome: "delivered" });
    },
    ...channels[type],
  });
  const start = (): Running => {
    const files = systemFiles();
    const environment = { ...ENVIRONMENT, variables: { FLOWCTL_STATE_DIR: DISK_ROOT } };
    const directory = openStateDirectory({ environment, files });
    const held = new Set<string>();
    const locks: Locks = {
      async tryLock(path, { create = true } = {}) {
        await Promise.resolve();
        if (held.has(path) || (!create && files.stat(path) === undefined)) return undefined;
        if (create) files.append(path).close();
        held.add(path);
        return { release: () => void held.delete(path) };
      },
    };
    const project = { name: "shop", hash: "1" };
    return {
      store: openRunStore({ files, clock, random: Math.random, locks, directory, project }),
      outbox: createOutbox({
        files,
        clock,
        random: () => 0.5,
        directory,
        environment: ENVIRONMENT,
        channel: (type) => Promise.resolve(channel(type)),
        values: () => Promise.resolve({}),
        redact: same,
        ...more,
      }),
    };
  };
  return {
    disk,
    clock,
    delivered,
    owed,
    ended: new Set(),
    owe: (runId, part = 1) => {
      if (!disk.isOff) owed.add(`${runId} part ${String(part)}`);
    },
    start,
    async finishOff() {
      const { store, outbox } = start();
      const processes: Processes = { ...systemProcesses(), signalGroup: () => false };
      for (const dead of await reap({ store: store.options, processes, redact: same })) {
        const { will, record, told } = dead;
        const own = (record.told as readonly NewItem[] | undefined) ?? [endOf(will.runId, record.state, will.part)];
        const ids = [...(told as readonly NewItem[]), ...own].flatMap((item) => outbox.enqueue(item));
        if (!outbox.areSafe(ids)) await outbox.deliver({ ids, deadlineMs: 10_000 });
        if (dead.isWritten && outbox.areSafe(ids)) await dead.settle();
        else dead.leave();
      }
      await outbox.deliver({ deadlineMs: 60_000 });
    },
  };
}

/** What was lost, and what was reported with two ends or under two ids. */
export function judge({ owed, delivered }: Machine): {
  readonly lost: readonly string[];
  readonly contradicting: readonly string[];
} {
  const taken = new Map<string, Set<string>>();
  for (const { id, message } of delivered) {
    if (message.kind !== "text") continue;
    const [about = "", state = ""] = message.text.split(": ");
    taken.set(about, (taken.get(about) ?? new Set()).add(`${id} ${state}`));
  }
  return {
    lost: [...owed].filter((each) => !taken.has(each)),
    contradicting: [...taken].flatMap(([about, ends]) => (ends.size > 1 ? [[about, ...ends].join(" ")] : [])),
  };
}

export const text = (words: string) => ({ kind: "text", text: words }) as const;

/**
 * A run from its beginning to the delivery of its end, with a notification of a task in the middle.
 * @param beforeEnd called when the tasks have ended
 * @returns its id
 */
export async function performs(on: Machine, beforeEnd: () => void = () => undefined): Promise<string> {
  const { store, outbox } = on.start();
  const run = await store.begin(DRAFT, same);
  on.owe(run.id);
  run.identify({ isLoaded: true, hooks: [HOOK] });
  const message = text(`${run.id} part task: Failed`);
  const ofTask = newItem({ runId: run.id, event: "task-failed", key: "load", message });
  run.journal.record(taskEvent("load", "Running"), [ofTask]);
  const ids = [...outbox.enqueue(ofTask)];
  on.owe(run.id, "task");
  await outbox.deliver({ ids, deadlineMs: 1000 });
  beforeEnd();
  const end = endOf(run.id, "Failed");
  run.end({ state: "Failed", message: null, ...success, told: [end] });
  ids.push(...outbox.enqueue(end));
  if (outbox.areSafe(ids)) run.settle();
  await outbox.deliver({ ids, deadlineMs: 1000 });
  if (outbox.areSafe(ids)) run.settle();
  else run.leave({ isReported: false });
  return run.id;
}
