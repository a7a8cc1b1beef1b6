import { afterAll, describe, expect, it } from "vitest";
import { channelOf } from "../../src/channels/index.ts";
import type { DeliveryRequest } from "../../src/outbox/channel.ts";
import { faultyServer, refusedUrl, type Answer } from "../rig/faulty-server.ts";
import { alertOf, deliveryOf, expectNoSecret, text } from "./delivery.ts";

/** What is common to all channels over HTTP: how faults are classed, and that no secret shows. */
const TOKEN = "s3cret-t0ken-value";
const PATH = "/hooks/abcdefSECRETxyz";

interface Case {
  readonly type: string;
  readonly options: Readonly<Record<string, unknown>>;
  readonly good: Answer;
  /** Statuses that a person must mend. */
  readonly permanent: readonly number[];
}

const json = (status: number, value: unknown): Answer => ({ status, body: JSON.stringify(value) });
const CASES: readonly Case[] = [
  {
    type: "webhook",
    options: { url: { secret: "URL" }, secret: { secret: "TOKEN" }, headers: { authorization: { secret: "TOKEN" } } },
    good: { status: 204 },
    permanent: [400, 401, 403, 404, 405, 410, 413, 422],
  },
  {
    type: "pagerduty",
    options: { url: { secret: "URL" }, routingKey: { secret: "TOKEN" } },
    good: json(202, { status: "success" }),
    permanent: [400, 401, 403, 404],
  },
  { type: "teams", options: { url: { secret: "URL" } }, good: { status: 202 }, permanent: [400, 401, 404] },
  {
    type: "discord",
    options: { url: { secret: "URL" } },
    good: json(200, { id: "1" }),
    permanent: [401, 403, 404],
  },
  {
    type: "ntfy",
    options: { url: { secret: "URL" }, token: { secret: "TOKEN" } },
    good: json(200, { id: "x", event: "message" }),
    permanent: [400, 401, 403, 404, 413],
  },
  { type: "deadman", options: { url: { secret: "URL" } }, good: { status: 200, body: "OK" }, permanent: [404, 409] },
];

const open: { close(): Promise<void> }[] = [];
afterAll(async () => {
  for (const each of open) await each.close();
});

describe.each(CASES)("$type", ({ type, options, good, permanent }) => {
  const via = (base: string, more: Partial<DeliveryRequest> = {}): DeliveryRequest =>
    deliveryOf({
      definition: { type, timeout: "1s", ...options },
      values: { URL: base + PATH, TOKEN },
      message: alertOf(),
      ...more,
    });
  async function outcomeOf(answer: Answer) {
    const server = await faultyServer([answer]);
    open.push(server);
    const channel = await channelOf(type);
    const outcome = await channel.send(via(server.url));
    expectNoSecret(outcome, [TOKEN, server.url + PATH, PATH, "abcdefSECRETxyz"]);
    return { outcome, requests: server.requests() };
  }

  it("is delivered where the service says so, and takes its own definition", async () => {
    const { outcome, requests } = await outcomeOf(good);
    expect(outcome.outcome).toBe("delivered");
    expect(requests).toHaveLength(1);
    const channel = await channelOf(type);
    expect(channel.check({ type, ...options })).toEqual([]);
    expect(channel.check({ type }).map(({ message }) => message)).toContain("is missing");
    expect(channel.recipients({ type, ...options })).toEqual([""]);
  });

  it("is permanent where a person must mend something", async () => {
    for (const status of permanent) {
      // The server repeats what it was asked: none of it may show.
      const answer = json(status, { message: `no ${TOKEN}`, error: `at ${PATH}`, errors: [`key ${TOKEN}`] });
      const { outcome, requests } = await outcomeOf(answer);
      expect([status, outcome]).toMatchObject([status, { outcome: "permanent", code: `HTTP_${status}` }]);
      expect(requests).toHaveLength(1);
    }
  });

  it("is transient where waiting helps, and waits as long as it is asked to", async () => {
    const { outcome } = await outcomeOf({ status: 429, headers: { "retry-after": "600" } });
    expect(outcome).toMatchObject({ outcome: "transient", code: "HTTP_429", retryAfterMs: 600_000 });
    for (const status of [408, 500, 502, 503, 504]) {
      expect([status, (await outcomeOf({ status, body: "<html>" })).outcome.outcome]).toEqual([status, "transient"]);
    }
  });

  it("is never delivered by a page of something in between", async () => {
    const redirect = await outcomeOf({ status: 302, headers: { location: "http://portal.example" } });
    expect(redirect.outcome.outcome).toBe("transient");
    expect(redirect.requests).toHaveLength(1);
    // The body counts for the services whose 2xx may come with an error; of others any 2xx is a delivery.
    if (!["slack", "teams", "discord", "sms"].includes(type)) return;
    const page = await outcomeOf({ status: 200, body: "<html>log in</html>" });
    expect(page.outcome).toMatchObject({ outcome: "transient", code: "STRANGE_ANSWER" });
  });

  it("is ambiguous where the request left and no answer came", async () => {
    expect((await outcomeOf("reset")).outcome.outcome).toBe("ambiguous");
    expect((await outcomeOf("close")).outcome.outcome).toBe("ambiguous");
    expect((await outcomeOf("hang")).outcome).toMatchObject({ outcome: "ambiguous", code: "TIMEOUT" });
  });

  it("knows that a refused connection and a bad URL sent nothing", async () => {
    const channel = await channelOf(type);
    expect(await channel.send(via(await refusedUrl()))).toMatchObject({ outcome: "transient", code: "ECONNREFUSED" });
    const bad = await channel.send(via("", { values: { URL: "not a url SECRET", TOKEN } }));
    expect(bad).toMatchObject({ outcome: "permanent", code: "BAD_URL" });
    expectNoSecret(bad, ["not a url SECRET", TOKEN]);
  });

  it("takes texts and payloads, too", async () => {
    const server = await faultyServer([good]);
    open.push(server);
    const channel = await channelOf(type);
    for (const message of [text("hello"), { kind: "payload", payload: { message: "own", content: "own" } } as const]) {
      expect((await channel.send(via(server.url, { message }))).outcome).toBe("delivered");
    }
    const [first, second] = server.requests();
    expect(first?.body).toContain("hello");
    expect(second?.body).toContain("own");
  });
});
