import { SegmentedMessage } from "sms-segments-calculator";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { sms } from "../../src/channels/sms.ts";
import type { DeliveryRequest } from "../../src/outbox/channel.ts";
import { startTwilio, type EmulatedTwilio } from "../rig/emulate.ts";
import { faultyServer, realUrls, refusedUrl, type Answer, type FaultyServer } from "../rig/faulty-server.ts";
import { alertOf, deliveryOf, expectNoSecret, text } from "./delivery.ts";

const SID = "AC00000000000000000000000000000000";
const TOKEN = "twilio_test_auth_token";

const open: { close(): Promise<void> }[] = [];
afterAll(async () => {
  for (const each of open) await each.close();
});
async function serving(...script: Answer[]): Promise<FaultyServer> {
  const server = await faultyServer(script);
  open.push(server);
  return server;
}

const accepted: Answer = { status: 201, body: JSON.stringify({ sid: "SM1", status: "queued" }) };
const NOBODY = {
  type: "sms",
  accountSid: { secret: "TWILIO_ACCOUNT_SID" },
  authToken: { secret: "TWILIO_AUTH_TOKEN" },
  to: ["+15550001111", "+15550002222"],
  timeout: "1s",
};
const DEFINITION = { ...NOBODY, from: "+15551234567" };
function via(url: string, more: Partial<DeliveryRequest> = {}): DeliveryRequest {
  return deliveryOf({
    definition: DEFINITION,
    recipient: "+15550001111",
    values: { TWILIO_ACCOUNT_SID: SID, TWILIO_AUTH_TOKEN: TOKEN },
    environment: { FLOWCTL_TWILIO_URL: url },
    ...more,
  });
}

describe("sms", () => {
  let twilio: EmulatedTwilio;
  beforeAll(async () => {
    twilio = await startTwilio();
    open.push(twilio);
  });

  it("is taken by a Twilio", async () => {
    const outcome = await sms.send(via(twilio.url, { message: text("load failed") }));
    expect(outcome).toEqual({ outcome: "delivered", note: "accepted by Twilio" });
    expect(await twilio.messages()).toMatchObject([{ to: "+15550001111", from: twilio.from, body: "load failed" }]);
  });

  it("finds the message of an earlier attempt", async () => {
    const message = alertOf();
    const delivery = via(twilio.url, { message, recipient: "+15550002222", createdAt: Date.now() });
    expect(await sms.find?.(delivery)).toBe("absent");
    await sms.send(delivery);
    expect(await sms.find?.(delivery)).toBe("arrived");
    expect(await sms.find?.({ ...delivery, createdAt: Date.now() + 3_600_000 })).toBe("absent");
    expect(await sms.find?.({ ...delivery, values: { TWILIO_ACCOUNT_SID: SID, TWILIO_AUTH_TOKEN: "wrong" } })).toBe(
      "unknown",
    );
    expect(await sms.find?.(via(await refusedUrl()))).toBe("unknown");
  });

  it("is refused with a wrong token", async () => {
    const outcome = await sms.send(
      via(twilio.url, { values: { TWILIO_ACCOUNT_SID: SID, TWILIO_AUTH_TOKEN: "wrong" } }),
    );
    expect(outcome).toMatchObject({ outcome: "permanent", code: "TWILIO_20003" });
  });

  it("posts what Twilio's API takes, to its real address", async () => {
    const real = await realUrls([accepted]);
    open.push(real);
    // Over TLS the proxy's authority is not trusted in this process, so the address is seen by its refusal.
    const patient = { ...DEFINITION, timeout: "60s" };
    const refused = await sms.send(via("", { definition: patient, environment: { HTTPS_PROXY: real.proxyUrl } }));
    expect(refused).toMatchObject({ outcome: "transient", note: "the server's certificate is not trusted" });

    const server = await serving(accepted);
    await sms.send(via(server.url));
    const [request] = server.requests();
    expect(request?.path).toBe(`/2010-04-01/Accounts/${SID}/Messages.json`);
    expect(Object.fromEntries(new URLSearchParams(request?.body))).toEqual({
      To: "+15550001111",
      From: "+15551234567",
      Body: "Test SlackTask!",
      ValidityPeriod: "14400",
    });
    expect(request?.headers["authorization"]).toBe(`Basic ${Buffer.from(`${SID}:${TOKEN}`).toString("base64")}`);
  });

  it("names a messaging service in the place of a number", async () => {
    const server = await serving(accepted);
    const definition = { ...NOBODY, messagingServiceSid: "MG123" };
    await sms.send(via(server.url, { definition }));
    const sent = new URLSearchParams(server.requests()[0]?.body);
    expect([sent.get("MessagingServiceSid"), sent.get("From")]).toEqual(["MG123", null]);
  });

  it.each<[string, Answer, object]>([
    ["401", { status: 401, body: '{"code":20003}' }, { outcome: "permanent", code: "TWILIO_20003" }],
    ["a bad number", { status: 400, body: '{"code":21211}' }, { outcome: "permanent", code: "TWILIO_21211" }],
    ["a country", { status: 400, body: '{"code":21408}' }, { outcome: "permanent", code: "TWILIO_21408" }],
    ["a wrong sender", { status: 400, body: '{"code":21606}' }, { outcome: "permanent", code: "TWILIO_21606" }],
    ["an opt-out", { status: 400, body: '{"code":21610}' }, { outcome: "permanent", code: "TWILIO_21610" }],
    ["a full queue", { status: 400, body: '{"code":21611}' }, { outcome: "transient", code: "TWILIO_21611" }],
    [
      "429",
      { status: 429, body: '{"code":20429}', headers: { "retry-after": "9" } },
      { outcome: "transient", retryAfterMs: 9000 },
    ],
    ["no such account", { status: 404, body: '{"code":20404}' }, { outcome: "permanent", code: "TWILIO_20404" }],
    ["a refusal without a code", { status: 403, body: `no ${TOKEN}` }, { outcome: "permanent", code: "HTTP_403" }],
    ["503", { status: 503, body: `at ${SID}` }, { outcome: "transient", code: "HTTP_503" }],
    ["a proxy's 502", { status: 502, body: "<html>" }, { outcome: "transient", code: "HTTP_502" }],
    ["a 500 that says why", { status: 500, body: '{"code":20500}' }, { outcome: "transient" }],
    ["a portal's page", { status: 200, body: "<html>" }, { outcome: "transient", code: "STRANGE_ANSWER" }],
    ["a redirect", { status: 302, headers: { location: "http://x.example" } }, { outcome: "transient" }],
    ["a reset after the request", "reset", { outcome: "ambiguous" }],
    ["a close after the request", "close", { outcome: "ambiguous" }],
    ["no answer", "hang", { outcome: "ambiguous", code: "TIMEOUT" }],
  ])("judges %s, in one request, without showing a secret", async (_name, answer, expected) => {
    const server = await serving(answer);
    const outcome = await sms.send(via(server.url));
    expect(outcome).toMatchObject(expected);
    expect(server.requests()).toHaveLength(1);
    expectNoSecret(outcome, [TOKEN, SID, `${SID}:${TOKEN}`]);
  });

  it("knows that a refused connection sent nothing", async () => {
    const outcome = await sms.send(via(await refusedUrl()));
    expect(outcome).toMatchObject({ outcome: "transient", code: "ECONNREFUSED" });
    expectNoSecret(outcome, [TOKEN, SID]);
  });

  it("asks nobody with an account that cannot be one", async () => {
    const outcome = await sms.send(
      via("http://127.0.0.1:1", { values: { TWILIO_ACCOUNT_SID: "x", TWILIO_AUTH_TOKEN: TOKEN } }),
    );
    expect(outcome).toMatchObject({ outcome: "permanent", code: "BAD_ACCOUNT" });
  });

  it("is one item for each receiver", () => {
    expect(sms.recipients(DEFINITION)).toEqual(["+15550001111", "+15550002222"]);
    expect(sms.recipients({ ...DEFINITION, to: "+15550001111" })).toEqual(["+15550001111"]);
  });

  it("finds what is wrong in a definition", () => {
    expect(sms.check(DEFINITION)).toEqual([]);
    expect(sms.check(NOBODY).map(({ path }) => path)).toEqual(["from"]);
    expect(sms.check({ ...DEFINITION, to: ["12", "+4712345678"] }).map(({ path }) => path)).toEqual(["to[0]"]);
    expect(sms.check({ ...DEFINITION, to: [] })).toEqual([{ path: "to", message: "must not be empty" }]);
  });

  it("keeps within two segments of the cheap alphabet, whatever the error says", async () => {
    const server = await serving(accepted);
    const hostile = "“quoted” – [x] {y} 🎉 שלום … ".repeat(2000);
    await sms.send(
      via(server.url, { message: alertOf({ failures: [{ task: "load", type: "Failed", message: hostile }] }) }),
    );
    await sms.send(via(server.url, { message: text("it’s “done” – café… ".repeat(100)) }));
    await sms.send(via(server.url, { message: text("Ошибка загрузки ".repeat(100)) }));
    const bodies = server.requests().map(({ body }) => new URLSearchParams(body).get("Body") ?? "");
    const counted = bodies.map((body) => new SegmentedMessage(body));
    expect(counted.map((each) => each.segmentsCount)).toEqual([2, 2, 2]);
    expect(counted[1]?.encodingName).toBe("GSM-7");
    expect(bodies[0]).toMatch(/^FAILED: nightly-etl .* n_7qk2mz$/);
    expect(bodies[2]).toMatch(/^Ошибка загрузки /);
  });

  it("fits an ordinary failure into one segment", async () => {
    const server = await serving(accepted);
    await sms.send(via(server.url, { message: alertOf() }));
    const body = new URLSearchParams(server.requests()[0]?.body).get("Body") ?? "";
    expect(body).toBe(
      "FAILED: nightly-etl (run 01JDC7K2) on etl-1 after 14m 12s: load: connect ECONNREFUSED 10.0.0.5:5432 flowctl runs show 01JDC7K2 n_7qk2mz",
    );
    expect(new SegmentedMessage(body)).toMatchObject({ encodingName: "GSM-7", segmentsCount: 1 });
  });
});
