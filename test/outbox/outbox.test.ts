import { readFileSync, readdirSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { sms } from "../../src/channels/sms.ts";
import { userError } from "../../src/model/error.ts";
import type { NewItem } from "../../src/outbox/item.ts";
import { processLocks } from "../../src/outbox/lock.ts";
import type { Outbox, OutboxOptions } from "../../src/outbox/outbox.ts";
import type { Delivery } from "../../src/outbox/channel.ts";
import { newItem, outboxRig, scriptedChannel } from "./outbox-rig.ts";

const transient = { outcome: "transient", code: "503", note: "the service is busy" } as const;
const permanent = { outcome: "permanent", code: "404", note: "no_service", help: "make a new webhook" } as const;

test("a message is on disk before anything is sent, and in sent/ afterwards", async () => {
  using rig = outboxRig();
  const { channel, seen } = scriptedChannel();
  const outbox = rig.open(channel);
  const [id] = outbox.enqueue(newItem());
  expect(readdirSync(join(rig.directory, "outbox", "new"))).toEqual([`${id!}.json`]);
  const { outcomes } = await outbox.deliver({ ids: [id!], deadlineMs: 1000 });
  expect(outcomes).toMatchObject([{ id, state: "sent", channel: "team" }]);
  expect(seen).toMatchObject([{ id, attempt: 1, message: { text: "it failed" } }]);
  expect(readdirSync(join(rig.directory, "outbox", "new"))).toEqual([]);
  expect(readdirSync(join(rig.directory, "outbox", "sent"))).toEqual([`${id!}.json`]);
});

test("the same thing enqueued twice is one message, also after it was sent and in another process", async () => {
  using rig = outboxRig();
  const { channel, seen } = scriptedChannel();
  const outbox = rig.open(channel);
  const ids = [...outbox.enqueue(newItem()), ...outbox.enqueue(newItem())];
  expect(new Set(ids).size).toBe(1);
  await outbox.deliver({ deadlineMs: 1000 });
  const other = rig.open(channel);
  expect(other.enqueue(newItem())).toEqual([ids[0]]);
  await other.deliver({ deadlineMs: 1000 });
  expect(seen).toHaveLength(1);
});

test("one item for each recipient, and one refusal does not repeat the message for the others", async () => {
  using rig = outboxRig();
  const { channel, seen } = scriptedChannel([permanent]);
  const outbox = rig.open(channel);
  const ids = outbox.enqueue(newItem({ definition: { type: "fake", to: ["a", "b"] } }));
  const { outcomes } = await outbox.deliver({ ids, deadlineMs: 1000 });
  expect(outcomes.map(({ recipient, state }) => [recipient, state])).toEqual([
    ["a", "held"],
    ["b", "sent"],
  ]);
  expect(seen.map(({ recipient }) => recipient)).toEqual(["a", "b"]);
});

test("a transient failure is tried again by the schedule within the time there is", async () => {
  using rig = outboxRig();
  const { channel, seen } = scriptedChannel([transient, transient]);
  const outbox = rig.open(channel);
  const ids = outbox.enqueue(newItem());
  const before = rig.clock.now();
  const { outcomes } = await outbox.deliver({ ids, deadlineMs: 10_000 });
  expect(outcomes[0]).toMatchObject({ state: "sent" });
  expect(seen).toHaveLength(3);
  expect(rig.clock.now() - before).toBeGreaterThanOrEqual(7000);
});

test("what cannot be sent in time waits, and says why and until when", async () => {
  using rig = outboxRig();
  const { channel } = scriptedChannel([transient, transient, transient, transient]);
  const outbox = rig.open(channel);
  const ids = outbox.enqueue(newItem());
  const { outcomes } = await outbox.deliver({ ids, deadlineMs: 3000 });
  expect(outcomes[0]).toMatchObject({ state: "waiting", note: "the service is busy" });
  expect(outcomes[0]!.due).toBeGreaterThan(rig.clock.now());
});

test("a permanent refusal is held with its reason, never dropped, and goes out when a person retries it", async () => {
  using rig = outboxRig();
  const { channel, seen } = scriptedChannel([permanent]);
  const outbox = rig.open(channel);
  const ids = outbox.enqueue(newItem());
  const { outcomes } = await outbox.deliver({ ids, deadlineMs: 1000 });
  expect(outcomes[0]).toMatchObject({ state: "held", note: "no_service", help: "make a new webhook" });
  await outbox.deliver({ deadlineMs: 1000 });
  expect(seen).toHaveLength(1);
  expect(await outbox.retry(ids)).toEqual(ids);
  expect((await outbox.deliver({ ids, deadlineMs: 1000 })).outcomes[0]).toMatchObject({ state: "sent" });
});

test("a refusal that may be the service's mistake is held, and tried again by itself once a day", async () => {
  using rig = outboxRig();
  const { channel, seen } = scriptedChannel([
    { outcome: "permanent", code: "MAY_PASS", note: "no_service" },
    { outcome: "permanent", code: "MAY_PASS", note: "no_service" },
  ]);
  const outbox = rig.open(channel);
  const ids = outbox.enqueue(newItem());
  expect((await outbox.deliver({ ids, deadlineMs: 1000 })).outcomes[0]).toMatchObject({ state: "held" });
  rig.clock.advance(23 * 3_600_000);
  await outbox.deliver({ deadlineMs: 1000 });
  expect(seen).toHaveLength(1);
  rig.clock.advance(3_600_000);
  await outbox.deliver({ deadlineMs: 1000 });
  await outbox.deliver({ deadlineMs: 1000 });
  expect(seen).toHaveLength(2);
  rig.clock.advance(24 * 3_600_000);
  const { outcomes } = await outbox.deliver({ deadlineMs: 1000 });
  expect(outcomes).toMatchObject([{ id: ids[0], state: "sent" }]);
});

test("a missing secret holds the message, and setting it lets the message go", async () => {
  using rig = outboxRig();
  const { channel, seen } = scriptedChannel();
  const store = new Map<string, string>();
  const outbox = rig.open(channel, {
    values: () =>
      store.size === 0
        ? Promise.reject(userError("secret", "SECRET_NOT_FOUND", "no secret URL", { help: "flowctl secrets set URL" }))
        : Promise.resolve(Object.fromEntries(store)),
  });
  const ids = outbox.enqueue(newItem({ definition: { type: "fake", url: { secret: "URL" } } }));
  const { outcomes } = await outbox.deliver({ ids, deadlineMs: 1000 });
  expect(outcomes[0]).toMatchObject({ state: "held", note: "no secret URL", help: "flowctl secrets set URL" });
  expect(await outbox.release("OTHER")).toEqual([]);
  store.set("URL", "https://example.test/hook");
  expect(await outbox.release("URL")).toEqual(ids);
  await outbox.deliver({ deadlineMs: 1000 });
  expect(seen[0]!.values).toEqual({ URL: "https://example.test/hook" });
});

test("an attempt that a dead process left open counts as ambiguous: the channel is asked first", async () => {
  using rig = outboxRig();
  const hanging = scriptedChannel(["hang"]);
  const first = rig.open(hanging.channel);
  const [id] = first.enqueue(newItem());
  // The process is killed while it sends: nothing after the request is written.
  void first.deliver({ ids: [id!], deadlineMs: 1e9 });
  while (hanging.seen.length === 0) await new Promise((resolve) => setImmediate(resolve));
  expect(JSON.parse(readFileSync(join(rig.directory, "outbox", "new", `${id!}.json`), "utf8"))).toMatchObject({
    attempts: [{ outcome: "started" }],
  });
  const asked: string[] = [];
  const { channel, seen } = scriptedChannel([], {
    find: (request) => {
      asked.push(request.id);
      return Promise.resolve("arrived");
    },
  });
  const { outcomes } = await rig.open(channel).deliver({ deadlineMs: 1000 });
  expect(asked).toEqual([id]);
  expect(seen).toHaveLength(0);
  expect(outcomes[0]).toMatchObject({ state: "sent" });
});

test("an ambiguous message is sent again as a repeat, or held where the channel says so", async () => {
  using rig = outboxRig();
  const ambiguous = { outcome: "ambiguous", code: "cut", note: "the connection was cut" } as const;
  const again = scriptedChannel([ambiguous]);
  const outbox = rig.open(again.channel);
  await outbox.deliver({ ids: outbox.enqueue(newItem()), deadlineMs: 10_000 });
  expect(again.seen.map(({ repeat }) => repeat)).toEqual([undefined, true]);
  const held = rig.open(scriptedChannel([ambiguous], { ambiguous: "hold" }).channel);
  const ids = held.enqueue(newItem({ key: "other" }));
  expect((await held.deliver({ ids, deadlineMs: 10_000 })).outcomes[0]).toMatchObject({
    state: "held",
    code: "in-doubt",
  });
});

test("good news that may have arrived is held by a channel that says so, and bad news is sent again", async () => {
  using rig = outboxRig();
  const ambiguous = { outcome: "ambiguous", code: "cut", note: "the connection was cut" } as const;
  const states: unknown[] = [];
  for (const to of ["Success", "Failed"] as const) {
    const outbox = rig.open(scriptedChannel([ambiguous], { ambiguous: "hold good news" }).channel);
    const alert = { subject: "flow", flow: "f", runId: "r", from: "Running", to, summary: "it ended", at: 1 } as const;
    const ids = outbox.enqueue(newItem({ key: to, message: { kind: "alert", alert } }));
    states.push((await outbox.deliver({ ids, deadlineMs: 10_000 })).outcomes[0]?.state);
  }
  expect(states).toEqual(["held", "sent"]);
  expect(sms.ambiguous).toBe("hold good news");
});

test("a definition's onAmbiguous says more than its channel", async () => {
  using rig = outboxRig();
  const ambiguous = { outcome: "ambiguous", code: "cut", note: "the connection was cut" } as const;
  const outbox = rig.open(scriptedChannel([ambiguous]).channel);
  const item = newItem();
  const ids = outbox.enqueue({ ...item, definition: { ...item.definition, onAmbiguous: "hold" } });
  expect((await outbox.deliver({ ids, deadlineMs: 10_000 })).outcomes[0]).toMatchObject({ state: "held" });
});

test("values given in memory never touch the disk, and another process leaves the message to its maker", async () => {
  using rig = outboxRig();
  const { channel, seen } = scriptedChannel([transient]);
  const outbox = rig.open(channel);
  const ids = outbox.enqueue(newItem({ values: { webhookUrl: "https://example.test/T/secret" } }));
  expect(readFileSync(join(rig.directory, "outbox", "new", `${ids[0]!}.json`), "utf8")).not.toContain("T/secret");
  const other = rig.open(channel);
  await other.deliver({ deadlineMs: 1000 });
  expect(seen).toHaveLength(0);
  rig.clock.advance(2 * 3_600_000);
  expect((await other.deliver({ deadlineMs: 1000 })).outcomes[0]).toMatchObject({ state: "held", code: "values-lost" });
});

test("a definition's own secrets are asked for, those given in memory are not", async () => {
  using rig = outboxRig();
  const { channel, seen } = scriptedChannel();
  const asked: unknown[] = [];
  const outbox = rig.open(channel, {
    values: (definition) => {
      asked.push(definition);
      return Promise.resolve({ KEY: "k" });
    },
  });
  const definition = { type: "fake", url: { secret: "webhookUrl" }, key: { secret: "KEY" } };
  await outbox.deliver({ ids: outbox.enqueue(newItem({ definition, values: { webhookUrl: "u" } })), deadlineMs: 1000 });
  expect(asked).toEqual([{ type: "fake", key: { secret: "KEY" } }]);
  expect(seen[0]!.values).toEqual({ KEY: "k", webhookUrl: "u" });
});

test.each([
  [
    "help of a service's refusal",
    { outcomes: [{ outcome: "permanent", code: "400", note: "no", help: "drop hunter2" }] },
  ],
  ["error of a channel's code", { channel: () => Promise.reject(new Error("cannot load hunter2")) }],
  ["error of a secret store", { values: () => Promise.reject(new Error("no entry hunter2")) }],
  ["reason of a suppressed message", { item: { suppressed: "hunter2 was told" } }],
] as const)("the %s is masked in the outcome and on the disk", async (_, given) => {
  using rig = outboxRig();
  const {
    outcomes = [],
    item = {},
    ...more
  } = given as {
    outcomes?: Delivery[];
    item?: Partial<NewItem>;
  } & Partial<OutboxOptions>;
  const outbox = rig.open(scriptedChannel(outcomes).channel, more);
  const result = await outbox.deliver({ ids: outbox.enqueue(newItem(item)), deadlineMs: 1 });
  const written = readdirSync(join(rig.directory, "outbox"), { recursive: true, withFileTypes: true })
    .filter((each) => each.name.endsWith(".json"))
    .map((each) => readFileSync(join(each.parentPath, each.name), "utf8"));
  expect(written.join("")).toContain("***");
  expect(written.join("") + JSON.stringify(result)).not.toContain("hunter2");
});

test("a message is redacted before it is written", () => {
  using rig = outboxRig();
  const outbox = rig.open(scriptedChannel().channel);
  const [id] = outbox.enqueue(newItem({ message: { kind: "payload", payload: { blocks: [{ text: "pw hunter2" }] } } }));
  const text = readFileSync(join(rig.directory, "outbox", "new", `${id!}.json`), "utf8");
  expect(text).not.toContain("hunter2");
  expect(text).toContain("pw ***");
});

test.each(["transient", "permanent", "ambiguous"] as const)(
  "the note of a service whose answer is %s is masked in the outcome and on the disk",
  async (outcome) => {
    using rig = outboxRig();
    const { channel } = scriptedChannel([{ outcome, code: "400", note: "the service repeats hunter2" }]);
    const outbox = rig.open(channel);
    const { outcomes } = await outbox.deliver({ ids: outbox.enqueue(newItem()), deadlineMs: 1 });
    expect(outcomes[0]?.note).toBe("the service repeats ***");
    const written = readdirSync(join(rig.directory, "outbox"), { recursive: true, withFileTypes: true })
      .filter((each) => each.name.endsWith(".json"))
      .map((each) => readFileSync(join(each.parentPath, each.name), "utf8"));
    expect(written.join("")).toContain("the service repeats ***");
    expect(written.join("")).not.toContain("hunter2");
  },
);

test("a disk that is full does not stop a message: it is sent from memory, loudly", async () => {
  using rig = outboxRig();
  const { channel, seen } = scriptedChannel();
  const full = (): never => {
    throw Object.assign(new Error("ENOSPC: no space left on device"), { code: "ENOSPC" });
  };
  const outbox = rig.open(channel, { files: { ...rig.files, create: full, replace: full, makeDirectory: full } });
  const ids = outbox.enqueue(newItem());
  expect(rig.warnings.join()).toMatch(/not durable.*the disk is full/);
  expect((await outbox.deliver({ ids, deadlineMs: 1000 })).outcomes[0]).toMatchObject({ state: "sent" });
  expect(seen).toHaveLength(1);
});

test("what is to be sent once is answered for after one attempt, whatever came of it", async () => {
  using rig = outboxRig();
  const { channel, seen } = scriptedChannel([{ outcome: "transient", code: "503", note: "busy" }]);
  const outbox = rig.open(channel);
  const ids = outbox.enqueue(newItem());
  const { outcomes } = await outbox.deliver({ ids, deadlineMs: 30_000, once: true });
  expect(outcomes).toMatchObject([{ state: "waiting", note: "busy" }]);
  expect(seen).toHaveLength(1);
});

test("a damaged file is put aside with a warning, and the others are sent", async () => {
  using rig = outboxRig();
  const { channel, seen } = scriptedChannel();
  const outbox = rig.open(channel);
  outbox.enqueue(newItem());
  const torn = join(rig.directory, "outbox", "new", "n_torn.json");
  rig.files.replace(torn, '{"v":1,"id":');
  utimesSync(torn, rig.clock.now() / 1000, rig.clock.now() / 1000);
  await outbox.deliver({ deadlineMs: 1000 });
  expect(seen).toHaveLength(1);
  // On a disk without hard links another process may still be writing it.
  expect(rig.warnings).toEqual([]);
  rig.clock.advance(60_000);
  await outbox.deliver({ deadlineMs: 1000 });
  expect(rig.warnings.join()).toContain("n_torn.json");
  expect(readdirSync(join(rig.directory, "outbox", "dead"))).toEqual(["n_torn.json.torn"]);
});

test("where a process died while it wrote a message, on a disk without hard links, whoever tells it again writes the whole", async () => {
  using rig = outboxRig();
  const { channel, seen } = scriptedChannel();
  const [id] = rig.open(channel).enqueue(newItem());
  const path = join(rig.directory, "outbox", "new", `${id!}.json`);
  const whole = readFileSync(path, "utf8");
  writeFileSync(path, whole.slice(0, 40));
  const outbox = rig.open(channel);
  expect(outbox.enqueue(newItem())).toEqual([id]);
  expect(readFileSync(path, "utf8")).toBe(whole);
  await outbox.deliver({ deadlineMs: 1000 });
  expect(seen).toHaveLength(1);
});

test("a clock that is set back by minutes ends no pause that a service asked for; one set back by a day holds nothing up", async () => {
  using rig = outboxRig();
  const { channel, seen } = scriptedChannel([{ ...transient, code: "429", retryAfterMs: 7_200_000 }]);
  const outbox = rig.open(channel);
  const ids = outbox.enqueue(newItem());
  await outbox.deliver({ ids, deadlineMs: 1000 });
  rig.clock.advance(-600_000);
  await rig.open(channel).deliver({ deadlineMs: 1000, urgent: true });
  expect(seen).toHaveLength(1);
  rig.clock.advance(-86_400_000);
  const other = await rig.open(channel).deliver({ deadlineMs: 1000 });
  expect(seen).toHaveLength(2);
  expect(other.outcomes).toMatchObject([{ state: "sent" }]);
});

test("a slow channel does not delay another", async () => {
  using rig = outboxRig();
  const slow = scriptedChannel(["hang"]);
  const quick = scriptedChannel();
  const outbox = rig.open({ slow: slow.channel, quick: quick.channel });
  outbox.enqueue(newItem({ definition: { type: "slow" } }));
  outbox.enqueue(newItem({ definition: { type: "quick" } }));
  const { outcomes } = await outbox.deliver({ deadlineMs: 5000 });
  expect(outcomes.map(({ state }) => state).sort()).toEqual(["sent", "waiting"]);
});

test("Retry-After pauses the whole channel, in other processes too", async () => {
  using rig = outboxRig();
  const { channel, seen } = scriptedChannel([{ ...transient, code: "429", retryAfterMs: 60_000 }]);
  const outbox = rig.open(channel);
  outbox.enqueue(newItem({ flow: "a" }));
  outbox.enqueue(newItem({ flow: "b", runId: "r2" }));
  await outbox.deliver({ deadlineMs: 10_000 });
  await rig.open(channel).deliver({ deadlineMs: 10_000, urgent: true });
  expect(seen).toHaveLength(1);
  rig.clock.advance(61_000);
  await rig.open(channel).deliver({ deadlineMs: 10_000 });
  expect(seen).toHaveLength(3);
});

test("a message that a person retries waits, too, until the service may be called again", async () => {
  using rig = outboxRig();
  const { channel, seen } = scriptedChannel([{ ...transient, code: "429", retryAfterMs: 300_000 }]);
  const outbox = rig.open(channel);
  const ids = outbox.enqueue(newItem());
  const began = rig.clock.now();
  await outbox.deliver({ ids, deadlineMs: 1000 });
  expect(await outbox.retry(ids)).toEqual(ids);
  await outbox.deliver({ ids, deadlineMs: 60_000, urgent: true });
  expect(seen).toHaveLength(1);
  await outbox.deliver({ ids, deadlineMs: 600_000, urgent: true });
  expect(seen.map(({ at = 0 }) => at - began >= 300_000)).toEqual([false, true]);
});

test("five failures in a row open the circuit: the next message waits instead of trying", async () => {
  using rig = outboxRig();
  const { channel, seen } = scriptedChannel(Array.from({ length: 5 }, () => transient));
  const outbox = rig.open(channel);
  for (const flow of ["a", "b", "c", "d", "e", "f"]) outbox.enqueue(newItem({ flow, runId: flow }));
  await outbox.deliver({ deadlineMs: 50_000 });
  expect(seen).toHaveLength(5);
  await rig.open(channel).deliver({ deadlineMs: 50_000 });
  expect(seen).toHaveLength(5);
  await rig.open(channel).deliver({ deadlineMs: 50_000, urgent: true });
  expect(seen).toHaveLength(11);
});

test("an open circuit is tried with one message; the others wait for what becomes of it", async () => {
  using rig = outboxRig();
  const { channel, seen } = scriptedChannel(Array.from({ length: 6 }, () => transient));
  const outbox = rig.open(channel);
  for (const flow of ["a", "b", "c", "d", "e", "f"]) outbox.enqueue(newItem({ flow, runId: flow }));
  await outbox.deliver({ deadlineMs: 1000 });
  rig.clock.advance(61_000);
  await rig.open(channel).deliver({ deadlineMs: 1000 });
  expect(seen).toHaveLength(6);
  rig.clock.advance(121_000);
  await rig.open(channel).deliver({ deadlineMs: 1000 });
  expect(seen).toHaveLength(12);
});

test("a service that takes one message a second gets no more", async () => {
  using rig = outboxRig();
  const { channel, seen } = scriptedChannel([], { gapMs: 1100 });
  const outbox = rig.open(channel);
  for (const flow of ["a", "b", "c"]) outbox.enqueue(newItem({ flow, runId: flow }));
  await outbox.deliver({ deadlineMs: 10_000 });
  expect(seen.map(({ at = 0 }, index) => index > 0 && at - (seen[index - 1]?.at ?? 0) >= 1100)).toEqual([
    false,
    true,
    true,
  ]);
});

test("a text message and good news are not worth as long as a failure", () => {
  using rig = outboxRig();
  const outbox = rig.open(scriptedChannel().channel);
  const hours = (more: Parameters<typeof newItem>[0]): number => {
    const [id] = outbox.enqueue(newItem(more));
    const { created, expires } = outbox.read(id!)!.item;
    return Math.round((expires - created) / 3_600_000);
  };
  const alert = { subject: "flow", flow: "f", runId: "r", from: "Running", summary: null, at: 0 } as const;
  expect(hours({ key: "a", message: { kind: "alert", alert: { ...alert, to: "Failed" } } })).toBe(72);
  expect(hours({ key: "b", message: { kind: "alert", alert: { ...alert, to: "Success" } } })).toBe(12);
  // Who hears of the failure hears of its end: it may open an incident that this one closes.
  const recovered = { ...alert, to: "Success", event: "recovered" } as const;
  expect(hours({ key: "d", message: { kind: "alert", alert: recovered } })).toBe(72);
  expect(hours({ key: "c", definition: { type: "sms", to: "+15005550006" } })).toBe(4);
});

test("recovered does not overtake its failed", async () => {
  using rig = outboxRig();
  const { channel, seen } = scriptedChannel([transient]);
  const outbox = rig.open(channel);
  outbox.enqueue(newItem({ message: { kind: "text", text: "failed" } }));
  const later = outbox.enqueue(
    newItem({ runId: "r2", event: "run-recovered", message: { kind: "text", text: "recovered" } }),
  );
  await outbox.deliver({ ids: later, deadlineMs: 10_000 });
  expect(seen.map(({ message }) => "text" in message && message.text)).toEqual(["failed", "failed", "recovered"]);
});

test("what is too old is given up with its last error, and the fallback channel tells in its place", async () => {
  using rig = outboxRig();
  const main = scriptedChannel([permanent]);
  const spare = scriptedChannel();
  const outbox = rig.open({ main: main.channel, spare: spare.channel });
  const item = newItem({ definition: { type: "main" } });
  outbox.enqueue({
    ...item,
    fallback: { ...item, definition: { type: "spare" }, channelName: "spare", key: "run/fallback" },
  });
  await outbox.deliver({ deadlineMs: 1000 });
  await outbox.deliver({ deadlineMs: 1000 });
  expect(spare.seen).toHaveLength(1);
  const alert = {
    subject: "flow",
    flow: "f",
    runId: "r",
    from: "Running",
    to: "Success",
    summary: null,
    at: 0,
  } as const;
  const old = { key: "old", definition: { type: "main" }, message: { kind: "alert", alert } } as const;
  const [id] = outbox.enqueue(newItem(old));
  rig.clock.advance(73 * 3_600_000);
  await outbox.deliver({ deadlineMs: 1000 });
  expect(outbox.read(id!)).toMatchObject({ shelf: "dead", item: { reason: { code: "expired" } } });
});

test("two projects' equal channel names never meet: the definition decides", () => {
  using rig = outboxRig();
  const outbox = rig.open(scriptedChannel().channel);
  outbox.enqueue(
    newItem({ definition: { type: "fake", url: { secret: "URL" } }, source: { config: "/a/flowctl.config.yaml" } }),
  );
  outbox.enqueue(
    newItem({ definition: { type: "fake", url: { secret: "URL" } }, source: { config: "/b/flowctl.config.yaml" } }),
  );
  expect(new Set(outbox.list("new").map(({ item }) => item.channelId)).size).toBe(2);
});

test("a process that lacks a secret leaves another's message alone; its maker holds it, and whoever has it lets it go", async () => {
  using rig = outboxRig();
  const { channel, seen } = scriptedChannel();
  const missing = { values: () => Promise.reject(userError("secret", "SECRET_NOT_FOUND", "no secret URL")) };
  const maker = rig.open(channel, missing);
  const ids = maker.enqueue(newItem({ definition: { type: "fake", url: { secret: "URL" } } }));
  expect((await rig.open(channel, missing).deliver({ deadlineMs: 1000 })).outcomes[0]).toMatchObject({
    state: "waiting",
  });
  expect((await maker.deliver({ ids, deadlineMs: 1000 })).outcomes[0]).toMatchObject({ state: "held" });
  await rig.open(channel, { values: () => Promise.resolve({ URL: "u" }) }).deliver({ deadlineMs: 1000 });
  expect(seen).toHaveLength(1);
});

test("what was sent long ago is forgotten; what waits or is held never is", async () => {
  using rig = outboxRig();
  const outbox = rig.open(scriptedChannel([permanent]).channel);
  const held = outbox.enqueue(newItem({ key: "held" }));
  await outbox.deliver({ ids: held, deadlineMs: 1000 });
  await outbox.deliver({ ids: outbox.enqueue(newItem()), deadlineMs: 1000 });
  const waiting = outbox.enqueue(newItem({ key: "waiting" }));
  expect(outbox.prune(Date.now() - 60_000)).toBe(0);
  expect(outbox.prune(Date.now() + 60_000)).toBe(1);
  expect(outbox.list().map(({ item }) => item.id)).toEqual([...waiting, ...held]);
});

test("a message is redacted in its fallback, too", () => {
  using rig = outboxRig();
  const outbox = rig.open(scriptedChannel().channel);
  const item = newItem({ message: { kind: "text", text: "pw hunter2" } });
  const [id] = outbox.enqueue({ ...item, fallback: { ...item, key: "run/fallback" } });
  expect(readFileSync(join(rig.directory, "outbox", "new", `${id!}.json`), "utf8")).not.toContain("hunter2");
});

test("the fallback is sent in the same delivery, and is among its outcomes", async () => {
  using rig = outboxRig();
  const main = scriptedChannel([permanent]);
  const spare = scriptedChannel();
  const outbox = rig.open({ main: main.channel, spare: spare.channel });
  const item = newItem({ definition: { type: "main" } });
  const fallback = { ...item, definition: { type: "spare" }, channelName: "spare", key: "run/fallback" };
  const ids = outbox.enqueue({ ...item, fallback });
  const { outcomes } = await outbox.deliver({ ids, deadlineMs: 1000 });
  expect(spare.seen).toHaveLength(1);
  expect(outcomes.map(({ state, channel }) => [channel, state])).toEqual([
    ["team", "held"],
    ["spare", "sent"],
  ]);
  // Whoever asks for the same message later hears of both, too.
  expect((await outbox.deliver({ ids, deadlineMs: 1000 })).outcomes).toHaveLength(2);
});

test("what a channel has not taken for five minutes its fallback tells, too, once, however long the channel asks to be left alone", async () => {
  using rig = outboxRig();
  const busy = { ...transient, retryAfterMs: 2 * 3_600_000 };
  const main = scriptedChannel([busy]);
  const spare = scriptedChannel([], { type: "spare" });
  const outbox = rig.open({ fake: main.channel, spare: spare.channel });
  const item = newItem();
  const fallback = { ...item, definition: { type: "spare" }, channelName: "spare", key: "run/fallback" };
  const ids = outbox.enqueue({ ...item, fallback });
  const began = rig.clock.now();
  const { outcomes } = await outbox.deliver({ deadlineMs: 30 * 60_000 });
  expect(outcomes).toMatchObject([
    { id: ids[0], state: "waiting" },
    { channel: "spare", state: "sent" },
  ]);
  const waited = (spare.seen[0]?.at ?? 0) - began;
  expect([waited >= 5 * 60_000, waited < 6 * 60_000]).toEqual([true, true]);
  await rig.open({ fake: main.channel, spare: spare.channel }).deliver({ deadlineMs: 1000 });
  rig.clock.advance(2 * 3_600_000);
  await rig.open({ fake: main.channel, spare: spare.channel }).deliver({ deadlineMs: 1000 });
  expect([main.seen.length, spare.seen.length]).toEqual([2, 1]);
});

test("what waited for hours because nobody sent it is given to its channel first: a fallback tells what that does not take", async () => {
  using rig = outboxRig();
  const main = scriptedChannel([{ outcome: "delivered" }, transient]);
  const spare = scriptedChannel([], { type: "spare" });
  const outbox = rig.open({ fake: main.channel, spare: spare.channel });
  const enqueue = (flow: string): readonly string[] => {
    const item = newItem({ flow, runId: flow });
    const fallback = { ...item, definition: { type: "spare" }, channelName: "spare", key: "run/fallback" };
    return outbox.enqueue({ ...item, fallback });
  };
  enqueue("taken");
  const [id] = enqueue("not taken");
  rig.clock.advance(3 * 3_600_000);
  const { outcomes } = await outbox.deliver({ deadlineMs: 1000 });
  expect(spare.seen.map(({ id: sent }) => outbox.read(sent)?.item.flow)).toEqual(["not taken"]);
  expect(outcomes).toMatchObject([
    { channel: "team", state: "sent" },
    { id, channel: "team", state: "waiting", instead: true },
    { channel: "spare", state: "sent" },
  ]);
});

test("what was suppressed and is sent by hand goes to its channel, and not to the fallback as well", async () => {
  using rig = outboxRig();
  const main = scriptedChannel();
  const spare = scriptedChannel([], { type: "spare" });
  const outbox = rig.open({ fake: main.channel, spare: spare.channel });
  const item = newItem();
  const fallback = { ...item, definition: { type: "spare" }, channelName: "spare", key: "run/fallback" };
  const ids = outbox.enqueue({ ...item, fallback, suppressed: "it is the same as before" });
  rig.clock.advance(3_600_000);
  await outbox.retry(ids);
  await outbox.deliver({ ids, deadlineMs: 1000, urgent: true });
  expect([main.seen.length, spare.seen.length]).toEqual([1, 0]);
});

test("a fallback that has one of its own hands on to it", async () => {
  using rig = outboxRig();
  const last = scriptedChannel();
  const outbox = rig.open({
    main: scriptedChannel([permanent]).channel,
    spare: scriptedChannel([permanent]).channel,
    last: last.channel,
  });
  const item = newItem({ definition: { type: "main" } });
  const third = { ...item, definition: { type: "last" }, channelName: "last", key: "run/fallback" };
  const second = { ...third, definition: { type: "spare" }, channelName: "spare", fallback: third };
  const ids = outbox.enqueue({ ...item, fallback: second });
  const { outcomes } = await outbox.deliver({ ids, deadlineMs: 1000 });
  expect(last.seen).toHaveLength(1);
  expect(outcomes.map(({ state }) => state)).toEqual(["held", "held", "sent"]);
});

test("a channel that is told by itself is not told again in another's place, but it is where it was to keep quiet", async () => {
  using rig = outboxRig();
  const spare = scriptedChannel();
  const outbox = rig.open({ main: scriptedChannel([permanent, permanent]).channel, spare: spare.channel });
  const both = (runId: string, more: Partial<NewItem>) => {
    const item = newItem({ runId, definition: { type: "main" } });
    const direct = { ...item, definition: { type: "spare" }, channelName: "spare" };
    outbox.enqueue({ ...item, fallback: { ...direct, key: "run/fallback" } });
    outbox.enqueue({ ...direct, ...more });
  };
  both("r1", {});
  await outbox.deliver({ deadlineMs: 1000 });
  expect(spare.seen).toHaveLength(1);
  both("r2", { suppressed: "it was told an hour ago" });
  await outbox.deliver({ deadlineMs: 1000 });
  expect(spare.seen).toHaveLength(2);
});

test("what another process puts in the outbox meanwhile is sent, too, though its channel had nothing to send", async () => {
  using rig = outboxRig();
  const busy = scriptedChannel([transient]);
  const idle = scriptedChannel();
  const outbox = rig.open({ busy: busy.channel, idle: idle.channel });
  outbox.enqueue(newItem({ definition: { type: "busy" } }));
  rig.clock.setTimeout(() => {
    rig.open(idle.channel).enqueue(newItem({ flow: "other", definition: { type: "idle" } }));
  }, 500);
  await outbox.deliver({ deadlineMs: 10_000 });
  expect(idle.seen).toHaveLength(1);
});

test("a message that waits behind another is not looked at again and again", async () => {
  using rig = outboxRig();
  const { channel } = scriptedChannel([transient]);
  let looks = 0;
  const locks = processLocks();
  const outbox = rig.open(channel, {
    locks: { tryLock: (path) => ((looks += 1), locks.tryLock(path)) },
  });
  outbox.enqueue(newItem({ key: "1" }));
  outbox.enqueue(newItem({ key: "2" }));
  const { outcomes } = await outbox.deliver({ deadlineMs: 10_000 });
  expect(outcomes.every(({ state }) => state === "sent")).toBe(true);
  expect(looks).toBeLessThan(6);
});

describe("what would repeat an earlier message", () => {
  const earlier = { runId: "r0", event: "run-failed", key: "run" };
  const repeat = newItem({ suppressed: "the flow still fails", repeats: earlier });

  test("is put on record and not sent where that was sent, waits, is held, or repeated one itself", async () => {
    for (const answers of [[], [{ outcome: "permanent", code: "404", note: "no such hook" }]] as const) {
      using rig = outboxRig();
      const outbox = rig.open(scriptedChannel([...answers]).channel);
      outbox.enqueue(newItem(earlier));
      expect(shelfOf(outbox, outbox.enqueue({ ...repeat, runId: "r1" }))).toBe("dead");
      await outbox.deliver({ deadlineMs: 1000 });
      expect(shelfOf(outbox, outbox.enqueue({ ...repeat, runId: "r2" }))).toBe("dead");
      const next = { ...repeat, runId: "r3", repeats: { ...earlier, runId: "r2" } };
      expect(shelfOf(outbox, outbox.enqueue(next))).toBe("dead");
    }
  });

  test("is sent where that was given up, or was never for this channel", async () => {
    using rig = outboxRig();
    const outbox = rig.open(scriptedChannel().channel);
    const ids = outbox.enqueue(newItem(earlier));
    const elsewhere = { ...repeat, runId: "r1", definition: { type: "fake", url: "corrected" } };
    expect(shelfOf(outbox, outbox.enqueue(elsewhere))).toBe("new");
    await outbox.drop(ids);
    expect(shelfOf(outbox, outbox.enqueue({ ...repeat, runId: "r2" }))).toBe("new");
  });
});

function shelfOf(outbox: Outbox, [id = ""]: readonly string[]): string | undefined {
  return outbox.read(id)?.shelf;
}

test("what a last delivery does not bring to its channel is told by its fallbacks, and still waits", async () => {
  using rig = outboxRig();
  const busy = { outcome: "transient", code: "503", note: "busy" } as const;
  const [main, spare] = [0, 1].map(() => scriptedChannel(Array<typeof busy>(99).fill(busy)));
  const end = scriptedChannel();
  const outbox = rig.open({ main: main!.channel, spare: spare!.channel, last: end.channel });
  const item = newItem({ definition: { type: "main" } });
  const third = { ...item, definition: { type: "last" }, channelName: "last", key: "run/fallback" };
  const second = { ...third, definition: { type: "spare" }, channelName: "spare", fallback: third };
  const ids = outbox.enqueue({ ...item, fallback: second });
  await outbox.deliver({ ids, deadlineMs: 10_000 });
  expect([spare!.seen, end.seen]).toEqual([[], []]);
  const { outcomes } = await outbox.deliver({ ids, deadlineMs: 10_000, isLast: true });
  expect(outcomes.map(({ channel, state }) => [channel, state])).toEqual([
    ["team", "waiting"],
    ["spare", "waiting"],
    ["last", "sent"],
  ]);
  expect(outcomes.map(({ instead }) => instead)).toEqual([true, true, undefined]);
  await outbox.deliver({ ids, deadlineMs: 10_000, isLast: true });
  expect(end.seen).toHaveLength(1);
});
