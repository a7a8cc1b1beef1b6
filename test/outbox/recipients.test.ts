import { describe, expect, it } from "vitest";
import { addressesIn, recipientsOf } from "../../src/outbox/recipients.ts";

describe("the addresses in a text", () => {
  it.each<[string, readonly string[]]>([
    ["a@x.org", ["a@x.org"]],
    ["a@x.org,b@x.org", ["a@x.org", "b@x.org"]],
    ["a@x.org ; b@x.org;", ["a@x.org", "b@x.org"]],
    ["a@x.org\r\nb@x.org\n", ["a@x.org", "b@x.org"]],
    ['"Doe, Jane; \\"JD\\"" <j@x.org>, Bob <b@x.org>', ['"Doe, Jane; \\"JD\\"" <j@x.org>', "Bob <b@x.org>"]],
    ["Team: a@x.org, B <b@x.org>; c@x.org", ["a@x.org", "B <b@x.org>", "c@x.org"]],
    ["a@x.org (on call, nights), b@x.org", ["a@x.org (on call, nights)", "b@x.org"]],
    ["a@[IPv6:2001:db8::1], <b@x.org>", ["a@[IPv6:2001:db8::1]", "<b@x.org>"]],
    ["nobody:;", []],
    [" , ;", []],
  ])("%j", (text, expected) => {
    expect(addressesIn(text)).toEqual(expected);
  });
});

describe("the recipients of a message", () => {
  it("are the addresses of to, cc and bcc, each once, for a mail", () => {
    const definition = {
      type: "email",
      to: ["a@x.org, b@x.org", { secret: "BOSS" }],
      cc: "b@x.org;c@x.org",
      bcc: "d@x.org",
    };
    expect(recipientsOf(definition)).toEqual(["a@x.org", "b@x.org", "(secret BOSS)", "c@x.org", "d@x.org"]);
  });

  it("are the texts as they are for any other channel", () => {
    expect(recipientsOf({ type: "sms", to: ["+1500,+1501"] })).toEqual(["+1500,+1501"]);
    expect(recipientsOf({ type: "slack" })).toEqual([""]);
  });
});
