import { afterAll, describe, expect, it } from "vitest";
import { startSlack, startTwilio } from "./emulate.ts";
import { faultyServer, realUrls, refusedUrl } from "./faulty-server.ts";

const open: { close(): Promise<void> }[] = [];
const started = <T extends { close(): Promise<void> }>(each: T): T => {
  open.push(each);
  return each;
};
afterAll(async () => {
  for (const each of open) await each.close();
});

describe("the rig", () => {
  it("reads back from Slack what a webhook took", async () => {
    const slack = started(await startSlack());
    const answer = await fetch(slack.url, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ text: "one" }),
    });
    expect(await answer.text()).toBe("ok");
    expect((await slack.messages()).map(({ text }) => text)).toEqual(["one"]);
  });

  it("reads back from Twilio what it took", async () => {
    const twilio = started(await startTwilio());
    const answer = await fetch(`${twilio.url}/2010-04-01/Accounts/${twilio.accountSid}/Messages.json`, {
      method: "POST",
      headers: { authorization: `Basic ${Buffer.from(`${twilio.accountSid}:${twilio.authToken}`).toString("base64")}` },
      body: new URLSearchParams({ To: "+15550001111", From: twilio.from, Body: "hello" }),
    });
    expect(answer.status).toBe(201);
    expect(await twilio.messages()).toMatchObject([{ to: "+15550001111", body: "hello" }]);
  });

  it("answers by a script and keeps what it saw", async () => {
    const server = started(await faultyServer([{ status: 503 }, "reset", { status: 200, body: "ok" }]));
    expect((await fetch(`${server.url}/a`, { method: "POST", body: "x" })).status).toBe(503);
    await expect(fetch(server.url)).rejects.toThrow("fetch failed");
    expect(await (await fetch(server.url)).text()).toBe("ok");
    expect((await server.arrived(3))[0]).toMatchObject({ method: "POST", path: "/a", body: "x" });
    await expect(fetch(await refusedUrl())).rejects.toThrow("fetch failed");
  });

  it("answers for the real URLs over TLS", async () => {
    const real = started(await realUrls([{ status: 200, body: "ok" }]));
    const { ProxyAgent, fetch: proxied } = await import("undici");
    const { readFileSync } = await import("node:fs");
    const dispatcher = new ProxyAgent({ uri: real.proxyUrl, requestTls: { ca: readFileSync(real.caFile, "utf8") } });
    const answer = await proxied("https://hooks.slack.com/services/T/B/X", { method: "POST", body: "{}", dispatcher });
    expect(await answer.text()).toBe("ok");
    await dispatcher.destroy();
    expect(real.requests()[0]?.url).toBe("https://hooks.slack.com/services/T/B/X");
  });
});
