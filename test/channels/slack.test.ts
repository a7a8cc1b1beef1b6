import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { slack } from "../../src/channels/slack.ts";
import { slackLadder } from "../../src/channels/slack-payload.ts";
import type { Message } from "../../src/model/notification.ts";
import type { StateType } from "../../src/model/state.ts";
import type { DeliveryRequest } from "../../src/outbox/channel.ts";
import { startSlack, type EmulatedSlack } from "../rig/emulate.ts";
import { faultyServer, realUrls, refusedUrl, type Answer, type FaultyServer } from "../rig/faulty-server.ts";
import { alertOf, deliveryOf, expectNoSecret, text } from "./delivery.ts";

const PATH = "/services/T00SECRET/B00SECRET/abcdefSECRETxyz";
const ok: Answer = { status: 200, body: "ok" };

const open: { close(): Promise<void> }[] = [];
afterAll(async () => {
  for (const each of open) await each.close();
});
async function serving(...script: Answer[]): Promise<FaultyServer> {
  const server = await faultyServer(script);
  open.push(server);
  return server;
}
function to(url: string, more: Partial<DeliveryRequest> = {}): DeliveryRequest {
  const definition = { type: "slack", url: { secret: "SLACK_WEBHOOK_URL" }, timeout: "1s" };
  return deliveryOf({ definition, values: { SLACK_WEBHOOK_URL: url }, ...more });
}

const GONE = { outcome: "permanent", code: "REPORTED_ERROR", help: expect.stringContaining("new webhook") as string };

describe("slack", () => {
  let emulated: EmulatedSlack;
  beforeAll(async () => {
    emulated = await startSlack();
    open.push(emulated);
  });

  it("posts a text exactly as it is", async () => {
    const server = await serving(ok);
    expect(await slack.send(to(server.url + PATH))).toEqual({ outcome: "delivered" });
    const [request, ...more] = server.requests();
    expect(more).toEqual([]);
    expect(request?.body).toBe('{"text":"Test SlackTask!"}');
    expect(request?.path).toBe(PATH);
    expect(request?.headers["content-type"]).toBe("application/json");
  });

  it("posts a payload exactly as it is", async () => {
    const server = await serving(ok);
    const payload = { text: "a", blocks: [{ type: "divider" }], timeout: 3 };
    await slack.send(to(server.url + PATH, { message: { kind: "payload", payload } }));
    expect(JSON.parse(server.requests()[0]!.body)).toEqual(payload);
  });

  it("escapes the words of an error, not those of an author", async () => {
    const server = await serving(ok);
    await slack.send(to(server.url + PATH, { message: text("<https://a.b|see> & go") }));
    await slack.send(to(server.url + PATH, { message: { kind: "text", text: "<!channel> & x", literal: true } }));
    expect(server.requests().map(({ body }) => JSON.parse(body) as unknown)).toEqual([
      { text: "<https://a.b|see> & go" },
      { text: "&lt;!channel&gt; &amp; x" },
    ]);
  });

  it("is read back from a Slack, texts and alerts", async () => {
    expect(await slack.send(to(emulated.url))).toEqual({ outcome: "delivered" });
    expect(await slack.send(to(emulated.url, { message: alertOf() }))).toEqual({ outcome: "delivered" });
    const [first, second] = await emulated.messages();
    expect(first?.text).toBe("Test SlackTask!");
    expect(second?.text).toBe(
      "FAILED: nightly-etl (run 01JDC7K2) on etl-1 after 14m 12s: load: connect ECONNREFUSED 10.0.0.5:5432",
    );
    expect(second?.attachments?.[0]).toMatchObject({ color: "#d72b3f" });
  });

  it("reaches the real URL through the environment's proxy, and not the hosts that need none", async () => {
    const real = await realUrls([ok]);
    open.push(real);
    const direct = await serving(ok);
    const url = "http://hooks.slack.com/services/T/B/X";
    const environment = { HTTP_PROXY: real.proxyUrl, NO_PROXY: "127.0.0.1" };
    const definition = { type: "slack", url: { secret: "SLACK_WEBHOOK_URL" }, timeout: "60s" };
    expect(await slack.send(to(url, { environment, definition }))).toEqual({ outcome: "delivered" });
    expect(await slack.send(to(direct.url, { environment }))).toEqual({ outcome: "delivered" });
    expect(real.requests().map((each) => each.url)).toEqual([url]);
    expect(direct.requests()).toHaveLength(1);
  });

  it("does not trust a certificate that nobody vouches for", async () => {
    const real = await realUrls([ok]);
    open.push(real);
    const definition = { type: "slack", url: { secret: "SLACK_WEBHOOK_URL" }, timeout: "60s" };
    const environment = { https_proxy: real.proxyUrl };
    const sent = to("https://hooks.slack.com/services/T/B/X", { environment, definition });
    expect(await slack.send(sent)).toMatchObject({
      outcome: "transient",
      note: "the server's certificate is not trusted",
    });
    expect(real.requests()).toEqual([]);
  });

  it.each<[string, Answer, object]>([
    ["no_service", { status: 404, body: "no_service" }, { outcome: "permanent", code: "MAY_PASS" }],
    ["invalid_token", { status: 403, body: "invalid_token" }, { outcome: "permanent", code: "HTTP_403" }],
    ["channel_is_archived", { status: 410, body: "channel_is_archived" }, { outcome: "permanent", code: "HTTP_410" }],
    ["no_text", { status: 400, body: "no_text" }, { outcome: "permanent", code: "SLACK_400" }],
    [
      "429 with a header",
      { status: 429, headers: { "retry-after": "7" } },
      { outcome: "transient", retryAfterMs: 7000 },
    ],
    [
      "429 with a body",
      { status: 429, body: '{"retry_after":3,"ok":false,"error":"rate_limited"}' },
      { outcome: "transient", retryAfterMs: 3000 },
    ],
    ["rollup_error", { status: 500, body: "rollup_error" }, { outcome: "ambiguous", code: "HTTP_500" }],
    ["a 500 of a proxy", { status: 500, body: "<html>" }, { outcome: "transient", code: "HTTP_500" }],
    ["503", { status: 503 }, { outcome: "transient", code: "HTTP_503" }],
    [
      "a redirect",
      { status: 302, headers: { location: "http://portal.example/" } },
      { outcome: "transient", code: "HTTP_302" },
    ],
    ["a portal's page", { status: 200, body: "<html>log in</html>" }, { outcome: "transient", code: "STRANGE_ANSWER" }],
    ["an empty answer", { status: 200, body: "" }, { outcome: "delivered" }],
    ["204", { status: 204 }, { outcome: "delivered" }],
    ["a workflow's answer", { status: 200, body: '{"ok":true}' }, { outcome: "delivered" }],
    ["an error with status 200", { status: 200, body: '{"ok":false,"error":"channel_not_found"}' }, GONE],
    ["an error code with status 200", { status: 200, body: "channel_not_found" }, GONE],
    ["a reset after the request", "reset", { outcome: "ambiguous" }],
    ["a close after the request", "close", { outcome: "ambiguous" }],
    ["no answer", "hang", { outcome: "ambiguous", code: "TIMEOUT" }],
  ])("judges %s, in one request, without showing the URL", async (_name, answer, expected) => {
    const server = await serving(answer);
    const url = server.url + PATH;
    const outcome = await slack.send(to(url));
    expect(outcome).toMatchObject(expected);
    expect(server.requests()).toHaveLength(1);
    expectNoSecret(outcome, [url, PATH, "abcdefSECRETxyz"]);
  });

  it("knows that a refused connection sent nothing", async () => {
    const outcome = await slack.send(to((await refusedUrl()) + PATH));
    expect(outcome).toMatchObject({ outcome: "transient", code: "ECONNREFUSED" });
  });

  it("does not show a URL that is none", async () => {
    const outcome = await slack.send(to("hooks.slack.com/services/SECRET"));
    expect(outcome).toMatchObject({ outcome: "permanent", code: "BAD_URL" });
    expectNoSecret(outcome, ["hooks.slack.com/services/SECRET"]);
  });

  it("does not show what a server repeats of the URL", async () => {
    const server = await faultyServer((request) => ({ status: 403, body: `no ${request.path}` }));
    open.push(server);
    expectNoSecret(await slack.send(to(server.url + PATH)), [PATH, "abcdefSECRETxyz"]);
  });

  it("steps down to a plain text when Slack refuses the blocks, and says so", async () => {
    const invalid: Answer = { status: 400, body: "invalid_blocks" };
    const server = await serving(invalid, invalid, ok);
    const outcome = await slack.send(to(server.url + PATH, { message: alertOf() }));
    expect(outcome).toEqual({
      outcome: "delivered",
      note: "Slack refused the full message (HTTP 400: invalid_blocks); it was posted in a simpler form",
    });
    const bodies = server.requests().map(({ body }) => body);
    expect(bodies.map((body) => Object.keys(JSON.parse(body) as object))).toEqual([
      ["text", "unfurl_links", "unfurl_media", "attachments"],
      ["text", "unfurl_links", "unfurl_media", "attachments"],
      ["text"],
    ]);
    expect(bodies.map((body) => body.includes("flows/etl.ts:88:11"))).toEqual([true, false, true]);
  });

  it("does not step down for anything but a refusal of the content", async () => {
    const server = await serving({ status: 503 });
    await slack.send(to(server.url + PATH, { message: alertOf() }));
    expect(server.requests()).toHaveLength(1);
  });

  it("stops when it is told to", async () => {
    const server = await serving("hang");
    const stop = new AbortController();
    const sending = slack.send(to(server.url + PATH, { signal: stop.signal }));
    await server.arrived(1);
    stop.abort();
    expect(await sending).toMatchObject({ outcome: "ambiguous" });
    expect(await slack.send(to(server.url + PATH, { signal: stop.signal }))).toMatchObject({ outcome: "transient" });
    expect(server.requests()).toHaveLength(1);
  });

  it("finds what is wrong in a definition without showing it", () => {
    expect(slack.check({ type: "slack", url: { secret: "X" } })).toEqual([]);
    expect(slack.check({ type: "slack" })).toEqual([{ path: "url", message: "is missing" }]);
    const proxies = { http: "http://me:pw@proxy:1", https: { secret: "PROXY" }, ftp: "x" };
    expect(slack.check({ type: "slack", url: { secret: "X" }, proxies })).toEqual([
      { path: "proxies.http", message: "holds a login: keep the URL as a secret, { secret: NAME }" },
      { path: "proxies.ftp", message: "is not one of http, https" },
    ]);
    expect(slack.check({ type: "slack", url: "SECRET" })).toEqual([
      { path: "url", message: "must be an http or https URL, or { secret: NAME }" },
    ]);
    expect(slack.check({ type: "slack", ulr: 1, url: { secret: "X" } })).toEqual([
      { path: "ulr", message: 'is not an option of the slack channel; did you mean "url"?' },
    ]);
  });

  it("calls whom its channel names to what has gone wrong, in every form, and to nothing else", () => {
    const definition = { type: "slack", url: { secret: "X" }, mention: ["here", "U024BE7LH", "S0614TZR7"] };
    expect(slack.check(definition)).toEqual([]);
    const ladder = (to: StateType, summary: string) =>
      slackLadder(deliveryOf({ definition, message: alertOf({ to, failures: [], summary }) })).map(
        (each) => each["text"],
      );
    const texts = ladder("Failed", "<!channel> no rows");
    expect(texts).toHaveLength(3);
    for (const text of texts)
      expect(text).toMatch(/^<!here> <@U024BE7LH> <!subteam\^S0614TZR7> [^<]*&lt;!channel&gt; no rows/);
    for (const text of ladder("Success", "")) expect(text).not.toContain("<!here>");
    expect(slack.check({ ...definition, mention: ["@here", "<!channel>"] })).toMatchObject([
      { path: "mention[0]", message: "must be here, channel, everyone, or the id of a user or a user group" },
      { path: "mention[1]" },
    ]);
  });

  it("marks a possible repeat and a late message", async () => {
    const server = await serving(ok);
    const at = Date.UTC(2026, 10, 23, 8);
    const message: Message = alertOf();
    await slack.send(to(server.url + PATH, { message, repeat: true, attempt: 3, at, createdAt: at - 7_200_000 }));
    expect(server.requests()[0]?.body).toContain("delivery attempt 3 · sent 2h 00m late · may be a repeat");
  });
});
