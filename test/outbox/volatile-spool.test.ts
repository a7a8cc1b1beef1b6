import { describe, expect, test } from "vitest";
import type { Files } from "../../src/host/files.ts";
import type { Delivery } from "../../src/outbox/channel.ts";
import { newItem, outboxRig, scriptedChannel, type Rig } from "./outbox-rig.ts";

const BUSY: Delivery = { outcome: "transient", code: "503", note: "busy" };

describe("a disk that is full", () => {
  test("does not make a service that fails be called more often than on any other disk", async () => {
    const onAnyOther = await attempts("room");
    expect(onAnyOther).toBeGreaterThan(2);
    expect(await attempts("full")).toBe(onAnyOther);
  });

  test("does not make the next process repeat what was sent: that it was sent takes no room", async () => {
    using rig = outboxRig();
    const disk = fillable(rig);
    const { channel, seen } = scriptedChannel();
    const outbox = rig.open(channel, { files: disk.files });
    outbox.enqueue(newItem());
    disk.fill();
    await outbox.deliver({ deadlineMs: 1000 });
    const next = rig.open(channel, { files: disk.files });
    await next.deliver({ deadlineMs: 1000 });
    expect(seen).toHaveLength(1);
    expect(next.list().map(({ shelf }) => shelf)).toEqual(["sent"]);
  });

  test("does not make the next process send what was refused and is held, once there is room", async () => {
    using rig = outboxRig();
    const disk = fillable(rig);
    const { channel, seen } = scriptedChannel([{ outcome: "permanent", code: "404", note: "no such hook" }, BUSY]);
    const outbox = rig.open(channel, { files: disk.files });
    const ids = outbox.enqueue(newItem());
    disk.fill();
    await outbox.deliver({ deadlineMs: 1000 });
    expect(outbox.list("held")).toHaveLength(1);
    disk.empty();
    expect(await outbox.retry(ids)).toEqual(ids);
    await outbox.deliver({ deadlineMs: 0 });
    expect(rig.open(channel).list()).toMatchObject([{ shelf: "new", item: { attempts: [{}, { code: "503" }] } }]);
    expect(seen).toHaveLength(2);
  });

  test("does not make a message come back that another process has given up, or sent, meanwhile", async () => {
    using rig = outboxRig();
    const disk = fillable(rig);
    const { channel, seen } = scriptedChannel([BUSY]);
    const outbox = rig.open(channel, { files: disk.files });
    const ids = outbox.enqueue(newItem());
    disk.fill();
    await outbox.deliver({ ids, deadlineMs: 0 });
    disk.empty();
    expect(await rig.open(channel).drop(ids)).toEqual(ids);
    await outbox.deliver({ deadlineMs: 600_000 });
    expect(seen).toHaveLength(1);
    expect(outbox.list().map(({ shelf }) => shelf)).toEqual(["dead"]);
  });

  test("takes what was kept in memory as soon as it has room", async () => {
    using rig = outboxRig();
    const disk = fillable(rig);
    const { channel } = scriptedChannel([BUSY, BUSY]);
    const outbox = rig.open(channel, { files: disk.files });
    disk.fill();
    const ids = outbox.enqueue(newItem());
    await outbox.deliver({ ids, deadlineMs: 0 });
    expect(outbox.areSafe(ids)).toBe(false);
    expect(rig.open(channel).list()).toEqual([]);
    disk.empty();
    rig.clock.advance(60_000);
    await outbox.deliver({ ids, deadlineMs: 0 });
    expect(rig.open(channel).list("new")).toMatchObject([{ item: { id: ids[0], attempts: [{}, {}] } }]);
    expect(outbox.areSafe(ids)).toBe(true);
  });

  test("is asked once more, before a process that kept a message in memory ends", async () => {
    using rig = outboxRig();
    const disk = fillable(rig);
    const { channel } = scriptedChannel([BUSY]);
    const outbox = rig.open(channel, { files: disk.files });
    disk.fill();
    const ids = outbox.enqueue(newItem());
    await outbox.deliver({ ids, deadlineMs: 0 });
    disk.empty();
    expect(outbox.areSafe(ids)).toBe(true);
    expect(rig.open(channel).list("new")).toMatchObject([{ item: { id: ids[0], attempts: [{ code: "503" }] } }]);
  });
});

/** How often a service that always fails is called within ten minutes, for one message that was there before. */
async function attempts(state: "room" | "full"): Promise<number> {
  using rig = outboxRig();
  const disk = fillable(rig);
  const { channel, seen } = scriptedChannel(Array.from({ length: 1000 }, () => BUSY));
  const outbox = rig.open(channel, { files: disk.files });
  const ids = outbox.enqueue(newItem());
  if (state === "full") disk.fill();
  await outbox.deliver({ ids, deadlineMs: 600_000 });
  return seen.length;
}

function fillable(rig: Rig): { readonly files: Files; fill(): void; empty(): void } {
  let isFull = false;
  const unless =
    <A extends readonly unknown[], R>(act: (...given: A) => R) =>
    (...given: A): R => {
      if (isFull) throw Object.assign(new Error("ENOSPC: no space left on device"), { code: "ENOSPC" });
      return act(...given);
    };
  const { files } = rig;
  return {
    files: {
      ...files,
      create: unless((path, text, how) => files.create(path, text, how)),
      replace: unless((path, text, how) => {
        files.replace(path, text, how);
      }),
    },
    fill: () => {
      isFull = true;
    },
    empty: () => {
      isFull = false;
    },
  };
}
