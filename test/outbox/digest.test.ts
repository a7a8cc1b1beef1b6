import { expect, test } from "vitest";
import type { Alert, Message } from "../../src/model/notification.ts";
import { newItem, outboxRig, scriptedChannel, type Rig } from "./outbox-rig.ts";

const MINUTE = 60_000;
const transient = { outcome: "transient", code: "503", note: "the service is busy" } as const;
const permanent = { outcome: "permanent", code: "404", note: "no_service" } as const;
const digest = (items: readonly { readonly id: string }[]) =>
  ({ kind: "text", text: `late: ${String(items.length)}` }) as const;

/** Messages of so many runs, made while the service was away. */
function outage(rig: Rig, count: number): readonly string[] {
  const outbox = rig.open(scriptedChannel().channel);
  const ids = Array.from({ length: count }, (_, i) =>
    outbox.enqueue(newItem({ runId: `r${String(i)}`, message: { kind: "text", text: `m${String(i)}` } })),
  ).flat();
  rig.clock.advance(20 * MINUTE);
  return ids;
}
function textsOf(seen: readonly { readonly message: Message }[]): readonly string[] {
  return seen.map(({ message }) => (message.kind === "text" ? message.text : message.kind));
}

test("more than five messages that are late are one digest, and all of them are sent with it", async () => {
  using rig = outboxRig();
  const ids = outage(rig, 6);
  const { channel, seen } = scriptedChannel([], { isForPeople: true });
  const outbox = rig.open(channel, { digest });
  const { outcomes } = await outbox.deliver({ deadlineMs: 1000 });
  expect(textsOf(seen)).toEqual(["late: 6"]);
  expect(outcomes.map(({ state }) => state)).toEqual(ids.map(() => "sent"));
  const sent = outbox.list("sent").map(({ item }) => item);
  expect(sent).toHaveLength(7);
  const made = sent.find(({ digestOf }) => digestOf !== undefined)!;
  expect(made.digestOf).toEqual(ids);
  expect(sent.find(({ id }) => id === ids[3])?.attempts).toMatchObject([
    { outcome: "delivered", note: `told with 6 late messages in ${made.id}` },
  ]);
  expect(outbox.list("new")).toEqual([]);
});

test("five, or fresh ones, or what a program reads, go one by one", async () => {
  for (const [count, more] of [
    [5, { isForPeople: true }],
    [8, {}],
  ] as const) {
    using rig = outboxRig();
    outage(rig, count);
    const { channel, seen } = scriptedChannel([], more);
    await rig.open(channel, { digest }).deliver({ deadlineMs: 1000 });
    expect(seen).toHaveLength(count);
  }
  using rig = outboxRig();
  outage(rig, 8);
  rig.clock.advance(-10 * MINUTE);
  const { channel, seen } = scriptedChannel([], { isForPeople: true });
  await rig.open(channel, { digest }).deliver({ deadlineMs: 1000 });
  expect(seen).toHaveLength(8);
});

test("a new message waits for the digest of the older ones, and does not overtake it", async () => {
  using rig = outboxRig();
  outage(rig, 7);
  const { channel, seen } = scriptedChannel([transient], { isForPeople: true });
  const outbox = rig.open(channel, { digest });
  const ids = outbox.enqueue(newItem({ runId: "new", message: { kind: "text", text: "fresh" } }));
  const { outcomes } = await outbox.deliver({ ids, deadlineMs: 60_000 });
  expect(textsOf(seen)).toEqual(["late: 7", "late: 7", "fresh"]);
  expect(outcomes).toMatchObject([{ state: "sent" }]);
});

test("a digest that was delivered before its process died is not sent again; its messages are settled", async () => {
  using rig = outboxRig();
  const ids = outage(rig, 6);
  const first = scriptedChannel([], { isForPeople: true });
  let moves = 0;
  const files = {
    ...rig.files,
    rename(from: string, to: string) {
      moves += 1;
      if (moves > 2) throw new Error("killed");
      rig.files.rename(from, to);
    },
  };
  const dying = rig.open(first.channel, { digest, files });
  await dying.deliver({ deadlineMs: 1000 }).catch(() => undefined);
  expect(first.seen).toHaveLength(1);
  const second = scriptedChannel([], { isForPeople: true });
  const outbox = rig.open(second.channel, { digest });
  await outbox.deliver({ deadlineMs: 1000 });
  expect(second.seen).toEqual([]);
  expect(outbox.list("new")).toEqual([]);
  expect(outbox.list("sent").map(({ item }) => item.id)).toEqual(expect.arrayContaining([...ids]));
});

test("where the digest is refused, its messages go one by one and keep their own verdicts", async () => {
  using rig = outboxRig();
  const ids = outage(rig, 6);
  const { channel, seen } = scriptedChannel([permanent], { isForPeople: true });
  const outbox = rig.open(channel, { digest });
  await outbox.deliver({ deadlineMs: 1000 });
  await outbox.deliver({ deadlineMs: 1000, ids, urgent: true });
  expect(textsOf(seen)).toEqual(["late: 6", "m0", "m1", "m2", "m3", "m4", "m5"]);
  expect(outbox.list("held")).toEqual([]);
});

test("whoever asks for one late message by its id gets what tells it", async () => {
  using rig = outboxRig();
  const ids = outage(rig, 6);
  const { channel, seen } = scriptedChannel([], { isForPeople: true });
  const outbox = rig.open(channel, { digest });
  await outbox.retry([ids[2]!]);
  const { outcomes } = await outbox.deliver({ ids: [ids[2]!], deadlineMs: 1000, urgent: true });
  expect(outcomes).toMatchObject([{ state: "sent" }]);
  expect(textsOf(seen).at(-1)).toBe("m2");
});

function alert(more: Partial<Alert>): { readonly kind: "alert"; readonly alert: Alert } {
  const base = { flow: "nightly", runId: "r1", from: "Running", to: "Failed", summary: null, at: 0 } as const;
  return { kind: "alert", alert: { subject: "flow", ...base, ...more } };
}

test.each([
  ["just made", 0, 0],
  ["held up", 11_000, 2],
])(
  "a run's failure swallows what is held up of its tasks and it names, and says so: %s",
  async (_, wait, swallowed) => {
    using rig = outboxRig();
    const { channel, seen } = scriptedChannel();
    const outbox = rig.open(channel);
    const task = (name: string, to: Alert["to"]) =>
      outbox.enqueue(
        newItem({
          event: "task-failed",
          key: `${name}.${to}`,
          origin: "notifier",
          message: alert({ subject: "task", task: name, to }),
        }),
      );
    const ids = [
      ...task("load", "Failed"),
      ...task("load", "Retrying"),
      ...task("other", "Failed"),
      ...task("x", "Success"),
    ];
    const failures = [{ task: "load", type: "Failed", message: "no rows" }] as const;
    const [run] = outbox.enqueue(newItem({ message: alert({ failures }) }));
    rig.clock.advance(wait);
    const { outcomes } = await outbox.deliver({ deadlineMs: 1000 });
    expect(seen.map(({ id }) => id)).toEqual([...ids.slice(swallowed), run]);
    const quiet = outcomes.filter(({ state }) => state === "suppressed");
    expect(quiet.map(({ id }) => id)).toEqual(ids.slice(0, swallowed));
    for (const { note } of quiet) expect(note).toBe(`told in the run's own message ${run!}`);
  },
);

test("a task's message that may have arrived is sent again, as a repeat, and not left to its run's message", async () => {
  using rig = outboxRig();
  const { channel, seen } = scriptedChannel([{ outcome: "ambiguous", code: "TIMEOUT", note: "no answer in time" }]);
  const outbox = rig.open(channel);
  const failed = alert({ subject: "task", task: "load", to: "Failed" });
  const [task] = outbox.enqueue(newItem({ event: "task-failed", key: "load", origin: "notifier", message: failed }));
  await outbox.deliver({ deadlineMs: 100 });
  const failures = [{ task: "load", type: "Failed", message: "no rows" }] as const;
  const [run] = outbox.enqueue(newItem({ message: alert({ failures }) }));
  rig.clock.advance(11_000);
  const { outcomes } = await outbox.deliver({ deadlineMs: 1000 });
  expect(outcomes.map(({ state }) => state)).toEqual(["sent", "sent"]);
  expect(seen.map(({ id, repeat = false }) => [id, repeat])).toEqual([
    [task, false],
    [task, true],
    [run, false],
  ]);
});
