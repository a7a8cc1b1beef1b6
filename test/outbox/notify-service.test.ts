import { expect, test } from "vitest";
import { withFallback } from "../../src/hooks/hook-told.ts";
import { createNotifyService } from "../../src/outbox/notify-service.ts";
import { outboxRig, scriptedChannel, type Rig } from "./outbox-rig.ts";
import type { Channel } from "../../src/outbox/channel.ts";
import type { NewItem } from "../../src/outbox/item.ts";

const message = { kind: "text", text: "hello" } as const;
const from = { task: "alert", attempt: 1 };

function service(rig: Rig, channel: Channel) {
  const outbox = rig.open(channel);
  const channels = { team: { type: "fake" }, oncall: { type: "fake", to: ["a", "b"] } };
  return { outbox, notify: createNotifyService({ outbox, channels, runId: "r1", flow: "nightly" }) };
}

test("a message to a channel by name is delivered when the promise resolves", async () => {
  using rig = outboxRig();
  const { channel, seen } = scriptedChannel();
  const { notify } = service(rig, channel);
  expect(await notify({ to: "team", message }, from)).toMatchObject({ outcome: "delivered" });
  expect(seen).toHaveLength(1);
});

test("an undelivered message is withdrawn: it does not arrive after its task has failed", async () => {
  using rig = outboxRig();
  const refused = { outcome: "permanent", code: "404", note: "no_service", help: "make a new one" } as const;
  const { channel, seen } = scriptedChannel([refused]);
  const { notify, outbox } = service(rig, channel);
  await expect(notify({ to: "team", message }, from)).rejects.toThrow(
    'the message was not delivered by channel "team": no_service (make a new one)',
  );
  expect(outbox.list()).toEqual([]);
  await outbox.deliver({ deadlineMs: 1000 });
  expect(seen).toHaveLength(1);
});

test("with several recipients the error names those who were not reached", async () => {
  using rig = outboxRig();
  const refused = { outcome: "permanent", code: "21610", note: "opted out" } as const;
  const { notify } = service(rig, scriptedChannel([{ outcome: "delivered" }, refused]).channel);
  await expect(notify({ to: "oncall", message }, from)).rejects.toThrow(/^the message for b was not delivered/);
});

test('"outbox" resolves once the message is safe, before anything is sent', async () => {
  using rig = outboxRig();
  const { channel, seen } = scriptedChannel();
  const { notify, outbox } = service(rig, channel);
  expect(await notify({ to: "team", message, deliver: "outbox" }, from)).toMatchObject({ outcome: "queued" });
  expect(seen).toEqual([]);
  expect(outbox.list("new")).toHaveLength(1);
});

test('"outbox" waits for the delivery of what a full disk does not take, and fails without it', async () => {
  using rig = outboxRig();
  const full = (): never => {
    throw Object.assign(new Error("ENOSPC: no space left on device"), { code: "ENOSPC" });
  };
  const refused = { outcome: "permanent", code: "404", note: "no_service" } as const;
  const { channel, seen } = scriptedChannel([{ outcome: "delivered" }, refused]);
  const outbox = rig.open(channel, { files: { ...rig.files, create: full, replace: full, makeDirectory: full } });
  const channels = { team: { type: "fake" } };
  const notify = createNotifyService({ outbox, channels, runId: "r1", flow: "nightly" });
  const request = { to: "team", message, deliver: "outbox" } as const;
  expect(await notify(request, from)).toMatchObject({ outcome: "delivered" });
  expect(seen).toHaveLength(1);
  await expect(notify(request, from)).rejects.toThrow("was not delivered");
  expect(outbox.list()).toMatchObject([{ shelf: "sent" }]);
});

test("two messages of one body are two; the same body again in a resumed run is no third", async () => {
  using rig = outboxRig();
  const { channel, seen } = scriptedChannel();
  const { notify, outbox } = service(rig, channel);
  await notify({ to: "team", message }, from);
  await notify({ to: "team", message }, from);
  expect(seen).toHaveLength(2);
  const resumed = createNotifyService({ outbox, channels: { team: { type: "fake" } }, runId: "r1", flow: "nightly" });
  expect(await resumed({ to: "team", message }, from)).toMatchObject({ outcome: "delivered" });
  expect(seen).toHaveLength(2);
});

test("of many that tell at once each waits for its turn, however slowly the service takes them", async () => {
  using rig = outboxRig();
  const { channel, seen } = scriptedChannel([], { gapMs: 1100 });
  const { notify } = service(rig, channel);
  const all = Array.from({ length: 25 }, (_, index) => notify({ to: "team", message }, { ...from, mapIndex: index }));
  expect(await Promise.all(all)).toHaveLength(25);
  expect(seen).toHaveLength(25);
});

test("where the service takes none of them, nobody waits longer for the others", async () => {
  using rig = outboxRig();
  const { channel } = scriptedChannel(Array<typeof BUSY>(999).fill(BUSY), { gapMs: 1100 });
  const { notify } = service(rig, channel);
  const began = rig.clock.monotonic();
  const all = Array.from({ length: 25 }, (_, index) => notify({ to: "team", message }, { ...from, mapIndex: index }));
  const ends = await Promise.allSettled(all);
  expect(ends.every(({ status }) => status === "rejected")).toBe(true);
  expect(rig.clock.monotonic() - began).toBeLessThan(30_000);
});

test("two URLs that only their tasks know are two channels: neither waits for the other", async () => {
  using rig = outboxRig();
  const { notify, outbox } = service(rig, scriptedChannel().channel);
  const to = { type: "fake", url: { secret: "url" } };
  for (const url of ["one", "two"]) await notify({ to, message, values: { url } }, from);
  expect(new Set(outbox.list("sent").map(({ item }) => item.channelId)).size).toBe(2);
});

test("an unknown channel is an error that names those there are", async () => {
  using rig = outboxRig();
  const { notify } = service(rig, scriptedChannel().channel);
  await expect(notify({ to: "taem", message }, from)).rejects.toMatchObject({
    message: 'there is no channel "taem"; the channels are team, oncall, inbox',
    diagnostics: [{ help: expect.stringContaining('did you mean "team"?') as string }],
  });
});

test("a message that another process is sending and does not give back is not said to be delivered", async () => {
  using rig = outboxRig();
  const { channel } = scriptedChannel();
  const busy = { tryLock: () => Promise.resolve(undefined) };
  const outbox = rig.open(channel, { locks: busy });
  const channels = { team: { type: "fake" } };
  const notify = createNotifyService({ outbox, channels, runId: "r1", flow: "nightly" });
  await expect(notify({ to: "team", message }, from)).rejects.toThrow(
    'the message may not have been delivered by channel "team": another process is sending it',
  );
  expect(outbox.list("new")).toHaveLength(1);
});

function withSpare(rig: Rig, team: Channel, spare: Channel) {
  const outbox = rig.open({ team, spare });
  const channels = { team: { type: "team", fallback: "spare" }, spare: { type: "spare", fallback: "team" } };
  const add = (item: NewItem): NewItem => withFallback(item, { channels });
  return {
    outbox,
    notify: createNotifyService({ outbox, channels, runId: "r1", flow: "nightly", withFallback: add }),
  };
}

const REFUSED = { outcome: "permanent", code: "404", note: "no_service" } as const;
const BUSY = { outcome: "transient", code: "503", note: "busy" } as const;

test("where a channel refuses, its fallback takes the message, and the refused one stays held", async () => {
  using rig = outboxRig();
  const { channel, seen } = scriptedChannel();
  const { notify, outbox } = withSpare(rig, scriptedChannel([REFUSED]).channel, channel);
  expect(await notify({ to: "team", message }, from)).toMatchObject({ outcome: "delivered" });
  expect(seen.map((each) => each.message)).toEqual([message]);
  expect(outbox.list().map(({ shelf, item }) => [shelf, item.channelName])).toEqual([
    ["held", "team"],
    ["sent", "spare"],
  ]);
});

test("where a channel does not take it in time, it is withdrawn there and its fallback takes it", async () => {
  using rig = outboxRig();
  const team = scriptedChannel(Array<typeof BUSY>(99).fill(BUSY));
  const { channel, seen } = scriptedChannel();
  const { notify, outbox } = withSpare(rig, team.channel, channel);
  expect(await notify({ to: "team", message }, from)).toMatchObject({ outcome: "delivered" });
  expect([team.seen.length > 0, seen.length]).toEqual([true, 1]);
  expect(outbox.list().map(({ shelf, item }) => [shelf, item.channelName])).toEqual([["sent", "spare"]]);
});

test("where the fallback does not take it either, both are named and nothing is left to arrive", async () => {
  using rig = outboxRig();
  const { notify, outbox } = withSpare(rig, scriptedChannel([REFUSED]).channel, scriptedChannel([REFUSED]).channel);
  await expect(notify({ to: "team", message }, from)).rejects.toThrow(
    'the message was not delivered by channel "team": no_service\n' +
      'the message was not delivered by channel "spare": no_service',
  );
  expect(outbox.list()).toEqual([]);
});

test('the fallback of a message with "outbox" is frozen into it, without values that only its channel may have', async () => {
  using rig = outboxRig();
  const { notify, outbox } = withSpare(rig, scriptedChannel([REFUSED]).channel, scriptedChannel().channel);
  const to = { type: "team", url: { secret: "url" }, fallback: "spare" };
  await notify({ to, message, deliver: "outbox", values: { url: "hunter2" } }, from);
  expect(outbox.list("new").map(({ item }) => item.fallback)).toMatchObject([{ channelName: "spare" }]);
  await outbox.deliver({ deadlineMs: 1000 });
  expect(outbox.list("sent").map(({ item }) => [item.channelName, item.needs])).toEqual([["spare", []]]);
});
