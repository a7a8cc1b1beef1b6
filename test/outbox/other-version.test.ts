import { join } from "node:path";
import { expect, test } from "vitest";
import { userError } from "../../src/model/error.ts";
import { newItem, outboxRig, scriptedChannel } from "./outbox-rig.ts";

test("a message that a later flowctl has written in its own way is left to it", async () => {
  using rig = outboxRig();
  const { channel, seen } = scriptedChannel();
  const outbox = rig.open(channel);
  const [id = ""] = outbox.enqueue(newItem());
  const path = join(rig.directory, "outbox", "new", `${id}.json`);
  const later = JSON.stringify({ v: 2, id, what: "only it knows" });
  rig.files.replace(path, later);
  rig.clock.advance(3_600_000);
  await outbox.deliver({ deadlineMs: 1000 });
  outbox.enqueue(newItem());
  expect(rig.files.read(path)).toBe(later);
  expect(seen).toEqual([]);
  expect(rig.warnings).toEqual([]);
});

test("a channel of a type that only another flowctl has is left to it; who has put it there is told", async () => {
  using rig = outboxRig();
  const unknown = { channel: () => Promise.reject(userError("usage", "CHANNEL_TYPE", 'no type "pigeon"')) };
  const maker = rig.open(scriptedChannel().channel, unknown);
  const ids = maker.enqueue(newItem({ definition: { type: "pigeon" } }));
  const other = await rig.open(scriptedChannel().channel, unknown).deliver({ deadlineMs: 1000 });
  expect(other.outcomes).toMatchObject([{ state: "waiting" }]);
  expect((await maker.deliver({ ids, deadlineMs: 1000 })).outcomes).toMatchObject([
    { state: "held", note: 'this flowctl has no channel of the type "pigeon"' },
  ]);
});

test("where a channel's code is not there, as flowctl is being updated, the message waits and says so", async () => {
  using rig = outboxRig();
  const { channel, seen } = scriptedChannel();
  const gone = { channel: () => Promise.reject(new Error("Cannot find module 'dist/slack.js'")) };
  const ids = rig.open(channel, gone).enqueue(newItem());
  const before = await rig.open(channel, gone).deliver({ ids, deadlineMs: 1000 });
  expect(before.outcomes).toMatchObject([{ state: "waiting", code: "channel-code" }]);
  expect(before.outcomes[0]?.note).toContain("could not be loaded: Cannot find module");
  await rig.open(channel).deliver({ deadlineMs: 10_000 });
  expect(seen).toHaveLength(1);
});
