import { expect, test } from "vitest";
import type { Alert } from "../../src/model/notification.ts";
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

test("after that one attempt it is given up", async () => {
  using rig = outboxRig();
  const { channel, seen } = scriptedChannel([transient, transient, transient]);
  const outbox = rig.open(channel);
  const ids = outbox.enqueue(newItem({ message: about("Crashed") }));
  await outbox.deliver({ ids, deadlineMs: 1000 });
  rig.clock.advance(10 * DAYS);
  const { outcomes } = await outbox.deliver({ ids, deadlineMs: 1000 });
  expect(seen).toHaveLength(2);
  expect(outcomes).toMatchObject([{ state: "dead", code: "expired" }]);
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
