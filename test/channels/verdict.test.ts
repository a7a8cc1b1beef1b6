import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { cut, cutBytes, cutEscaped, plain } from "../../src/channels/cut.ts";
import { quote } from "../../src/channels/scrub.ts";
import { judgeBody, retryAfterMs, verdictOf } from "../../src/channels/verdict.ts";
import { deliveryOf } from "./delivery.ts";

const wait = (header: string | null, body = ""): number | undefined =>
  retryAfterMs(
    { headers: new Headers(header === null ? {} : { "retry-after": header }), body },
    Date.UTC(2026, 10, 23, 6),
  );

describe("how long a service asks to wait", () => {
  it.each<[string | null, string, number | undefined]>([
    ["30", "", 30_000],
    ["0", "", 1000],
    ["0.25", "", 1000],
    ["999999999", "", 86_400_000],
    ["Mon, 23 Nov 2026 06:10:00 GMT", "", 600_000],
    ["Mon, 23 Nov 2026 05:00:00 GMT", "", 1000],
    ["soon", "", undefined],
    [null, '{"retry_after": 2.5}', 2500],
    [null, '{"ok":false,"parameters":{"retry_after":12}}', 12_000],
    [null, "", undefined],
  ])("%j with the body %j", (header, body, expected) => {
    expect(wait(header, body)).toBe(expected);
  });
});

describe("the body of a 2xx answer", () => {
  const judged = (body: string) =>
    judgeBody({ status: 200, headers: { get: () => null }, body }, (said) => said.slice(0, 100));

  it.each([
    "",
    "ok",
    "OK\r\n",
    "1",
    "accepted",
    "Message queued.",
    '{"ok":true}',
    '{"ok":true,"error":null,"warning":"missing_charset"}',
    '{"success":true,"errors":[]}',
    '{"status":"queued","error":""}',
    '{"status":"queued","sid":"SM1","code":null,"message":null,"error_code":null}',
    '{"id":"1","code":"x","message":"posted"}',
    "[]",
    "null",
  ])("%j is a delivery", (body) => {
    expect(judged(body)).toEqual({ outcome: "delivered" });
  });

  it.each([
    "<!DOCTYPE html><title>Log in</title>",
    "\uFEFF\n<html><body>We use a cookie. It is ok.</body></html>",
    '<?xml version="1.0"?><fault/>',
    "<HEAD><TITLE>Proxy</TITLE></HEAD>",
  ])("%j is the page of something in between, and tried again", (body) => {
    expect(judged(body)).toMatchObject({ outcome: "transient", code: "STRANGE_ANSWER" });
  });

  it.each([
    ['{"ok":false}', "permanent", ""],
    ['{"ok":false,"error":"invalid_auth"}', "permanent", "invalid_auth"],
    ['{"success":false,"message":"bad key"}', "permanent", "bad key"],
    ['{"error":{"message":"no such channel"}}', "permanent", "no such channel"],
    ['{"errors":["unknown topic"]}', "permanent", "unknown topic"],
    ['{"status":"failed","sid":"SM1","error_code":30007}', "permanent", "30007"],
    ['{"code":10015,"message":"Unknown Webhook"}', "permanent", "Unknown Webhook"],
    ["no_active_hooks", "permanent", "no_active_hooks"],
    ["Webhook Bad Request - Invalid payload", "permanent", "Webhook Bad Request"],
    ['{"ok":false,"error":"ratelimited"}', "transient", "ratelimited"],
    ["Microsoft Teams endpoint returned HTTP error 429 with ContextId 1", "transient", "HTTP error 429"],
    ['{"error":"service unavailable, try again"}', "transient", "try again"],
  ])("%j reports an error", (body, outcome, said) => {
    const delivery = judged(body);
    expect(delivery).toMatchObject({ outcome, code: "REPORTED_ERROR" });
    expect("note" in delivery && delivery.note).toContain(said);
  });
});

describe("an HTTP status", () => {
  it.each([
    [200, "delivered"],
    [299, "delivered"],
    [304, "transient"],
    [400, "permanent"],
    [404, "permanent"],
    [408, "transient"],
    [425, "transient"],
    [429, "transient"],
    [501, "transient"],
  ])("%d is %s", (status, outcome) => {
    expect(verdictOf({ status, headers: { get: () => null }, body: "" }, 0).outcome).toBe(outcome);
  });
});

describe("a service's own words", () => {
  it("are shown without secrets, their parts and their encodings, on one line", () => {
    const url = "https://user:p4ssw0rd@example.com/hooks/T0KENT0KEN?sig=abcdef123456";
    const { redact } = deliveryOf({ definition: { type: "webhook" }, values: { URL: url, KEY: "k3y with space" } });
    const basic = Buffer.from("k3y with space").toString("base64");
    const said = `at ${url}\nor /hooks/T0KENT0KEN, sig abcdef123456, pw p4ssw0rd, ${encodeURIComponent("k3y with space")} ${basic}\u0007`;
    const shown = quote(said, { redact });
    for (const part of ["p4ssw0rd", "T0KENT0KEN", "abcdef123456", "k3y", basic.slice(0, 12), "\n", "\u0007"]) {
      expect(shown).not.toContain(part);
    }
    expect(quote("x".repeat(500), { redact })).toHaveLength(160);
  });
});

describe("cutting", () => {
  it("never leaves half a character, and never more than it may", () => {
    fc.assert(
      fc.property(fc.string({ unit: "grapheme" }), fc.nat(40), (text, limit) => {
        const short = cut(text, limit);
        expect(short.length).toBeLessThanOrEqual(limit);
        expect(plain(short)).toBe(plain(short).replace("\uFFFD", ""));
        if (limit >= 3) expect(Buffer.byteLength(cutBytes(text, limit))).toBeLessThanOrEqual(limit);
        expect(cutBytes(text, limit)).not.toContain("\uFFFD");
        const escaped = cutEscaped(text, limit, (each) => each.replaceAll("a", "&amp;"));
        expect(escaped.length).toBeLessThanOrEqual(limit);
      }),
    );
  });
});
