import { expect, test } from "vitest";
import type { Alert } from "../../src/model/notification.ts";
import { isTooLate } from "../../src/outbox/item.ts";
import { newItem, outboxRig, scriptedChannel } from "./outbox-rig.ts";

const transient = { outcome: "transient", code: "503", note: "the service is busy" } as const;
const DAYS = 24 * 3_600_000;

/** A message about a run's end. */
const about = (to: Alert["to"], more: Partial<Alert> = {}) =>
  ({
    kind: "alert",
    alert: { subject: "flow", flow: "f", runId: "r", from: "Running", to, summary: null, at: 0, ...more },
  }) as const;

test("a failure and its recovery are told once more, however late: the machine may have been off since", async () => {
  using rig = outboxRig();
  const { channel, seen } = scriptedChannel();
  const outbox = rig.open(channel);
  outbox.enqueue(newItem({ key: "1", message: about("Failed") }));
  outbox.enqueue(newItem({ key: "2", message: about("Success", { event: "recovered" }) }));
  rig.clock.advance(10 * DAYS);
  const { outcomes } = await outbox.deliver({ deadlineMs: 10_000 });
  expect(outcomes.map(({ state }) => state)).toEqual(["sent", "sent"]);
  expect(seen).toHaveLength(2);
});

test("a message that cannot be delivered is tried a last time as its time runs out", async () => {
  using rig = outboxRig();
  const { channel, seen } = scriptedChannel(Array.from({ length: 20 }, () => transient));
  const outbox = rig.open(channel);
  const ids = outbox.enqueue(newItem({ message: about("Failed"), definition: { type: "sms", to: "+15005550006" } }));
  const { expires } = outbox.read(ids[0]!)!.item;
  const { outcomes } = await outbox.deliver({ ids, deadlineMs: 5 * 3_600_000 });
  expect(outcomes).toMatchObject([{ state: "dead", code: "expired" }]);
  expect(seen.at(-1)?.at).toBe(expires);
});

test("it is given up an hour after the first attempt that came too late", async () => {
  using rig = outboxRig();
  const { channel, seen } = scriptedChannel(Array.from({ length: 20 }, () => transient));
  const outbox = rig.open(channel);
  const ids = outbox.enqueue(newItem({ message: about("Crashed") }));
  await outbox.deliver({ ids, deadlineMs: 1000 });
  rig.clock.advance(10 * DAYS);
  const late = rig.clock.now();
  const { outcomes } = await outbox.deliver({ ids, deadlineMs: 2 * 3_600_000 });
  expect(outcomes).toMatchObject([{ state: "dead", code: "expired" }]);
  const hours = seen.map(({ at = 0 }) => (at - late) / 3_600_000).filter((each) => each >= 0);
  expect(hours.length).toBeGreaterThan(3);
  expect(Math.max(...hours)).toBeLessThan(1);
});

test("one that waits longer than that for its next attempt is given up after the first late one", () => {
  using rig = outboxRig();
  const outbox = rig.open(scriptedChannel().channel);
  const [id = ""] = outbox.enqueue(newItem({ message: about("Failed") }));
  const { item } = outbox.read(id)!;
  const late = item.expires + 1;
  const tried = { ...item, attempts: [{ at: late, outcome: "transient" as const }] };
  expect(isTooLate({ ...tried, due: late + 3_600_000 }, late)).toBe(false);
  expect(isTooLate({ ...tried, due: late + 3_600_001 }, late)).toBe(true);
});

test("good news, the start of a run and text messages are given up when their time is over", async () => {
  using rig = outboxRig();
  const { channel, seen } = scriptedChannel();
  const outbox = rig.open(channel);
  outbox.enqueue(newItem({ key: "1", message: about("Success") }));
  outbox.enqueue(newItem({ key: "2", message: about("Running", { event: "started" }) }));
  outbox.enqueue(newItem({ key: "3", message: about("Failed"), definition: { type: "sms", to: "+15005550006" } }));
  rig.clock.advance(10 * DAYS);
  const { outcomes } = await outbox.deliver({ deadlineMs: 1000 });
  expect(outcomes.map(({ state }) => state)).toEqual(["dead", "dead", "dead"]);
  expect(seen).toEqual([]);
});
