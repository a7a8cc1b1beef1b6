import { describe, expect, test } from "vitest";
import { newItem, outboxRig, scriptedChannel } from "./outbox-rig.ts";

const HOUR = 3_600_000;
const busy = { outcome: "transient" as const, code: "HTTP_503", note: "the service is busy" };
const news = (runId: string) => newItem({ runId, message: { kind: "text", text: runId } });

/** An outbox whose first message has failed until it is tried only some hours apart. */
async function longOutage(rig: ReturnType<typeof outboxRig>, more: (typeof busy)[] = []) {
  const { channel, seen } = scriptedChannel([...Array.from({ length: 9 }, () => busy), ...more]);
  const outbox = rig.open(channel);
  const [id] = outbox.enqueue(news("first"));
  while (seen.length < 9) {
    await outbox.deliver({ deadlineMs: 1000 });
    rig.clock.advance(10 * 60_000);
  }
  const { due } = outbox.read(id!)!.item;
  expect(due - rig.clock.now()).toBeGreaterThan(3 * HOUR);
  const told = (): string[] => seen.slice(9).map(({ message }) => (message.kind === "text" ? message.text : ""));
  return { outbox, told };
}

describe("a message that comes while an earlier one waits for hours", () => {
  test("lets the earlier one be tried at once, and goes behind it", async () => {
    using rig = outboxRig();
    const { outbox, told } = await longOutage(rig);
    rig.clock.advance(HOUR);
    const ids = outbox.enqueue(news("second"));
    const { outcomes } = await outbox.deliver({ ids, deadlineMs: 1000 });
    expect(outcomes).toMatchObject([{ state: "sent" }]);
    expect(told()).toEqual(["first", "second"]);
  });

  test("does not make a service be called that is left alone for its failures", async () => {
    using rig = outboxRig();
    const { outbox, told } = await longOutage(rig);
    outbox.enqueue(news("second"));
    await outbox.deliver({ deadlineMs: 1000 });
    expect(told()).toEqual([]);
  });

  test("starts the schedule of the earlier one anew, and only once", async () => {
    using rig = outboxRig();
    const { outbox, told } = await longOutage(rig, [busy, busy]);
    rig.clock.advance(HOUR);
    outbox.enqueue(news("second"));
    await outbox.deliver({ deadlineMs: 1000 });
    await outbox.deliver({ deadlineMs: 1000 });
    expect(told()).toEqual(["first"]);
    rig.clock.advance(HOUR);
    await outbox.deliver({ deadlineMs: 1000 });
    rig.clock.advance(HOUR);
    await outbox.deliver({ deadlineMs: 1000 });
    expect(told()).toEqual(["first", "first", "first", "second"]);
  });

  test("changes nothing for what another flow has to tell", async () => {
    using rig = outboxRig();
    const { outbox, told } = await longOutage(rig);
    rig.clock.advance(HOUR);
    outbox.enqueue({ ...news("second"), flow: "weekly" });
    await outbox.deliver({ deadlineMs: 1000 });
    expect(told()).toEqual(["second"]);
  });
});
