import { Webhook } from "svix";
import { afterAll, describe, expect, it } from "vitest";
import { ridOf } from "../../src/channels/deadman.ts";
import { channelOf } from "../../src/channels/index.ts";
import type { Alert, Message } from "../../src/model/notification.ts";
import type { Delivery, DeliveryRequest } from "../../src/outbox/channel.ts";
import { faultyServer, type Answer, type Seen } from "../rig/faulty-server.ts";
import { alertOf, deliveryOf, text } from "./delivery.ts";

/** What is particular to each service over HTTP. */
const open: { close(): Promise<void> }[] = [];
afterAll(async () => {
  for (const each of open) await each.close();
});

async function sent(
  definition: Readonly<Record<string, unknown>> & { readonly type: string },
  message: Message,
  {
    answers = [{ status: 202 }] as Answer[],
    path = "/x",
    ...more
  }: Partial<DeliveryRequest> & { answers?: Answer[]; path?: string } = {},
): Promise<{ outcome: Delivery; requests: readonly Seen[]; body: Record<string, unknown> }> {
  const server = await faultyServer(answers);
  open.push(server);
  const channel = await channelOf(definition.type);
  const url = server.url + path;
  const outcome = await channel.send(deliveryOf({ definition: { url, ...definition }, message, ...more }));
  const requests = server.requests();
  const body = requests[0]?.headers["content-type"]?.includes("json") === true ? requests[0].body : "{}";
  return { outcome, requests, body: JSON.parse(body) as Record<string, unknown> };
}

describe("webhook", () => {
  const secret = `whsec_${Buffer.from("0123456789abcdef0123456789abcdef").toString("base64")}`;
  const definition = { type: "webhook", secret: { secret: "KEY" } };

  it("is signed so that another implementation verifies it", async () => {
    const { requests } = await sent(definition, alertOf(), { values: { KEY: secret } });
    const { headers, body } = requests[0]!;
    const verified = new Webhook(secret).verify(body, headers as Record<string, string>);
    expect(verified).toMatchObject({
      type: "flow.failed",
      timestamp: "2026-11-23T06:02:11.000Z",
      data: { flow: "nightly-etl", runId: "01JDC7K2", from: "Running", to: "Failed" },
    });
    expect(headers["webhook-id"]).toBe("n_7qk2mzx4c5v6b7n8m9k0j1h2g3");
    expect(() =>
      new Webhook(secret).verify(body.replace("nightly", "daily"), headers as Record<string, string>),
    ).toThrow();
  });

  it("keeps its id and its body over attempts, while the time is the attempt's", async () => {
    const at = Date.UTC(2026, 10, 23, 7);
    const first = (await sent(definition, text("a"), { values: { KEY: secret }, at, createdAt: at })).requests[0]!;
    const again = { values: { KEY: secret }, at: at + 60_000, createdAt: at, attempt: 2 };
    const second = (await sent(definition, text("a"), again)).requests[0]!;
    expect(second.body).toBe(first.body);
    expect(second.headers["webhook-id"]).toBe(first.headers["webhook-id"]);
    expect(Number(second.headers["webhook-timestamp"]) - Number(first.headers["webhook-timestamp"])).toBe(60);
  });

  it("signs a payload as it is, with a secret of any form", async () => {
    const { requests } = await sent(
      definition,
      { kind: "payload", payload: { a: 1 } },
      { values: { KEY: "plain secret" } },
    );
    expect(requests[0]?.body).toBe('{"a":1}');
    const key = `whsec_${Buffer.from("plain secret").toString("base64")}`;
    expect(new Webhook(key).verify(requests[0]!.body, requests[0]!.headers as Record<string, string>)).toEqual({
      a: 1,
    });
  });

  it("is signed with each of several secrets, so that a receiver may change to the new one when it likes", async () => {
    const other = `whsec_${Buffer.from("fedcba9876543210fedcba9876543210").toString("base64")}`;
    const both = { ...definition, secret: [{ secret: "NEW" }, { secret: "KEY" }] };
    const { requests } = await sent(both, text("a"), { values: { KEY: secret, NEW: other } });
    const { headers, body } = requests[0]!;
    for (const each of [secret, other])
      expect(() => new Webhook(each).verify(body, headers as Record<string, string>)).not.toThrow();
    expect((await sent(both, text("a"), { values: { KEY: secret, NEW: "whsec_!" } })).requests).toEqual([]);
    expect((await sent(both, text("a"), { values: { KEY: secret } })).outcome).toMatchObject({ code: "BAD_SECRET" });
  });

  it("sends nothing unsigned where the secret cannot sign", async () => {
    const { outcome, requests } = await sent(definition, text("a"), { values: { KEY: "whsec_!" } });
    expect(outcome).toMatchObject({ outcome: "permanent", code: "BAD_SECRET" });
    expect(requests).toEqual([]);
  });
});

describe("pagerduty", () => {
  const definition = { type: "pagerduty", routingKey: "R0" };

  it("opens an incident on failure and closes the same one on success", async () => {
    const opened = (await sent(definition, alertOf())).body;
    const closed = (await sent(definition, alertOf({ to: "Success", runId: "other" }))).body;
    expect(opened).toMatchObject({
      event_action: "trigger",
      routing_key: "R0",
      payload: { severity: "error", source: "etl-1" },
    });
    expect(closed["event_action"]).toBe("resolve");
    expect(closed["dedup_key"]).toBe(opened["dedup_key"]);
    expect(opened["dedup_key"]).toBe("flowctl/etl-1/nightly-etl");
  });

  it("keeps flows of one name apart by their projects; a path says nothing in CI", async () => {
    const keyOf = async (more: Partial<Alert>) => (await sent(definition, alertOf(more))).body["dedup_key"];
    const [shop, mill, again] = [
      await keyOf({ project: "/srv/shop" }),
      await keyOf({ project: "/srv/mill" }),
      await keyOf({ project: "/srv/shop", to: "Success" }),
    ];
    expect([shop !== mill, shop === again]).toEqual([true, true]);
    const inCi = { startedBy: "ci" } as const;
    expect(await keyOf({ ...inCi, project: "/builds/1/shop" })).toBe(
      await keyOf({ ...inCi, project: "/builds/2/shop" }),
    );
    expect(await keyOf({ ...inCi, project: "shop-eu" })).not.toBe(await keyOf({ ...inCi, project: "shop-us" }));
  });

  it("tells crashes apart, keeps tasks apart, and takes no host from CI", async () => {
    const crashed = (await sent(definition, alertOf({ to: "Crashed", task: "load", subject: "task", startedBy: "ci" })))
      .body;
    expect(crashed).toMatchObject({ dedup_key: "flowctl/ci/nightly-etl/load", payload: { severity: "critical" } });
  });

  it("sends nothing for a change that neither opens nor closes an incident", async () => {
    const { outcome, requests } = await sent(definition, alertOf({ to: "Running" }));
    expect(outcome.outcome).toBe("delivered");
    expect(requests).toEqual([]);
  });

  it("waits for minutes when it is told that there are too many", async () => {
    const { outcome } = await sent(definition, alertOf(), { answers: [{ status: 429 }] });
    expect(outcome).toMatchObject({ outcome: "transient", retryAfterMs: 120_000 });
  });
});

describe("teams", () => {
  it("posts a card whose texts cannot be markup, and its links as actions", async () => {
    const { body } = await sent({ type: "teams" }, alertOf({ summary: "[x](http://evil.example)", failures: [] }));
    const shown = JSON.stringify(body);
    expect(shown).toContain('"type":"AdaptiveCard"');
    expect(shown).toContain('"Action.OpenUrl"');
    expect(shown).not.toContain('"TextBlock"');
    // A stack keeps its shape: cards drop a line's first spaces.
    expect(shown).toContain("5432\\n\u00a0\u00a0\u00a0\u00a0at load");
  });

  it("does not take an older connector's report of an error for a success", async () => {
    const answers = [{ status: 200, body: "Microsoft Teams endpoint returned HTTP error 429 with ContextId" }];
    expect((await sent({ type: "teams" }, text("a"), { answers })).outcome).toMatchObject({ outcome: "transient" });
    expect((await sent({ type: "teams" }, text("a"), { answers: [{ status: 200, body: "1" }] })).outcome.outcome).toBe(
      "delivered",
    );
  });
});

describe("discord", () => {
  const good: Answer = { status: 200, body: '{"id":"1"}' };

  it("waits for the message and mentions nobody", async () => {
    const { requests, body } = await sent({ type: "discord" }, text("@everyone <@1>"), {
      answers: [good],
      path: "/h?thread_id=5",
    });
    expect(requests[0]?.path).toBe("/h?thread_id=5&wait=true");
    expect(body).toEqual({ allowed_mentions: { parse: [] }, content: "@everyone <@1>" });
  });

  it("steps down to a text where the embed is refused", async () => {
    const { outcome, requests } = await sent({ type: "discord" }, alertOf(), {
      answers: [{ status: 400, body: "{}" }, good],
    });
    expect(outcome.outcome).toBe("delivered");
    expect(requests.map((each) => Object.keys(JSON.parse(each.body) as object))).toEqual([
      ["allowed_mentions", "embeds"],
      ["allowed_mentions", "content"],
    ]);
  });

  it("waits as long as the body says", async () => {
    const answers = [
      { status: 429, body: '{"message":"You are being rate limited.","retry_after":64.57,"global":false}' },
    ];
    const { outcome } = await sent({ type: "discord" }, text("a"), { answers });
    expect(outcome).toMatchObject({ outcome: "transient", retryAfterMs: 64_570 });
  });
});

describe("ntfy", () => {
  const answers = [{ status: 200, body: '{"id":"x"}' }];

  it("publishes to the topic, with an id by which a repeat replaces the message", async () => {
    const { requests, body } = await sent({ type: "ntfy", token: "tk_1" }, alertOf(), {
      answers,
      path: "/base/my-topic",
    });
    expect(requests[0]).toMatchObject({ path: "/base", headers: { authorization: "Bearer tk_1" } });
    expect(body).toMatchObject({
      topic: "my-topic",
      sequence_id: "n_7qk2mzx4c5v6b7n8m9k0j1h2g3",
      title: "Flow failed: nightly-etl",
      priority: 4,
      click: "https://github.com/o/r/actions/runs/42/attempts/2",
    });
  });

  it("is as urgent as the channel's severity says, and its priority before that", async () => {
    const priorityOf = async (options: object): Promise<unknown> =>
      (await sent({ type: "ntfy", ...options }, alertOf(), { answers, path: "/t" })).body["priority"];
    expect(await priorityOf({ severity: "critical" })).toBe(5);
    expect(await priorityOf({ severity: "info" })).toBe(2);
    expect(await priorityOf({ severity: "info", priority: 1 })).toBe(1);
  });

  it("keeps within the bytes that ntfy shows", async () => {
    const { body } = await sent({ type: "ntfy" }, text("é🎉".repeat(5000)), { answers, path: "/t" });
    const message = String(body["message"]);
    expect(Buffer.byteLength(message)).toBeLessThanOrEqual(4096);
    expect(Buffer.byteLength(message)).toBeGreaterThan(4080);
    expect(message).not.toContain("\uFFFD");
  });
});

describe("deadman", () => {
  const answers = [{ status: 200, body: "OK" }];
  const ping = async (message: Message): Promise<string[]> =>
    (await sent({ type: "deadman" }, message, { answers, path: "/uuid" })).requests.map(({ path }) => path);

  it("pings at start and end of a run, with one id for both", async () => {
    const rid = ridOf("01JDC7K2");
    expect(rid).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-8[0-9a-f]{3}-[0-9a-f]{12}$/);
    expect(await ping(alertOf({ from: "Pending", to: "Running" }))).toEqual([`/uuid/start?rid=${rid}`]);
    expect(await ping(alertOf({ to: "Success" }))).toEqual([`/uuid?rid=${rid}`]);
    expect(await ping(alertOf({ to: "TimedOut" }))).toEqual([`/uuid/fail?rid=${rid}`]);
    expect(await ping(alertOf({ to: "Cancelled" }))).toEqual([`/uuid/fail?rid=${rid}`]);
    expect(await ping(alertOf({ to: "Running", event: "slow" }))).toEqual([`/uuid/log?rid=${rid}`]);
    expect(await ping(alertOf({ subject: "task", task: "load" }))).toEqual([]);
    expect(await ping(text("a note"))).toEqual(["/uuid/log"]);
  });

  it("is not content with a polite no", async () => {
    const no = { status: 200, body: "OK (not found)" };
    const later = { status: 200, body: "OK (rate limited)" };
    expect((await sent({ type: "deadman" }, alertOf(), { answers: [no] })).outcome).toMatchObject({
      outcome: "permanent",
    });
    expect((await sent({ type: "deadman" }, alertOf(), { answers: [later] })).outcome).toMatchObject({
      outcome: "transient",
    });
  });
});
