import { describe, expect, test } from "vitest";
import { createRedactor } from "../../src/secrets/redactor.ts";

const SECRET = "hunter2/+ \"quoted\" & <é>'x'";

describe("redact", () => {
  test("with nothing registered a text comes back as it is", async () => {
    expect(createRedactor().redact("some text")).toBe("some text");
  });

  test("a secret is replaced by its name", async () => {
    const redactor = createRedactor();
    redactor.register("TOKEN", "correct horse");
    expect(redactor.redact("a correct horse b")).toBe("a ***TOKEN*** b");
  });

  const FORMS: readonly (readonly [string, string])[] = [
    ["raw", SECRET],
    ["JSON", JSON.stringify({ a: SECRET })],
    ["JSON in JSON", JSON.stringify(JSON.stringify({ a: SECRET }))],
    [
      "JSON as Go writes it",
      SECRET.replaceAll('"', '\\"').replace(/[<>&]/g, (c) => `\\u00${c.charCodeAt(0).toString(16)}`),
    ],
    ["JSON in ASCII", JSON.stringify(SECRET).slice(1, -1).replaceAll("é", "\\u00e9")],
    ["a URL component", encodeURIComponent(SECRET)],
    ["a URL", encodeURI(SECRET)],
    ["a form", new URLSearchParams({ a: SECRET }).toString()],
    ["base64", Buffer.from(SECRET).toString("base64")],
    ["base64 in the middle of a longer text", Buffer.from(`u:${SECRET}:more`).toString("base64")],
    ["base64 shifted by one", Buffer.from(`u${SECRET}`).toString("base64")],
    ["base64url", Buffer.from(`xx${SECRET}`).toString("base64url")],
    ["hex", Buffer.from(SECRET).toString("hex")],
    ["upper-case hex", Buffer.from(SECRET).toString("hex").toUpperCase()],
    ["HTML", SECRET.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;")],
    ["a shell's single quotes", `'${SECRET.replaceAll("'", "'\\''")}'`],
  ];
  test.each(FORMS)("finds a secret as %s", async (_, text) => {
    const redactor = createRedactor();
    redactor.register("S", SECRET);
    const shown = redactor.redact(`before ${text} after`);
    expect(shown).toContain("***S***");
    expect(shown).not.toContain(text);
  });

  test("hides each line of a secret of several lines, and the lines joined", async () => {
    const redactor = createRedactor();
    redactor.register(
      "PEM",
      "-----BEGIN PRIVATE KEY-----\nMIIEvQIBADANBg\nkqhkiG9w0BAQEF\n-----END PRIVATE KEY-----\n",
    );
    expect(redactor.redact("line kqhkiG9w0BAQEF")).toBe("line ***PEM***");
    expect(redactor.redact("MIIEvQIBADANBgkqhkiG9w0BAQEF")).toBe("***PEM***");
    expect(redactor.redact("-----BEGIN PRIVATE KEY-----")).toBe("-----BEGIN PRIVATE KEY-----");
  });

  test("hides the leaves of a JSON secret, and not its keys or short words", async () => {
    const redactor = createRedactor();
    redactor.register("CREDS", '{"username":"bob","password":"s3cr3t-pass"}');
    expect(redactor.redact("bob username s3cr3t-pass")).toBe("bob username ***CREDS***");
  });

  test("hides the token of a webhook's URL, and not the words of its path", async () => {
    const redactor = createRedactor();
    redactor.register("HOOK", "https://hooks.example.com/services/T0000/B0000/abcDEF123456");
    expect(redactor.redact("POST /x/abcDEF123456 to services")).toBe("POST /x/***HOOK*** to services");
    expect(redactor.redact("path /services/T0000/B0000/abcDEF123456")).toBe("path ***HOOK***");
  });

  test("hides the password of a URL, and a bearer token without its scheme", async () => {
    const redactor = createRedactor();
    redactor.register("URL", "smtps://bob:p%40ssw0rd%21@mail.example.com");
    redactor.register("AUTH", "Bearer abcdefgh12345");
    expect(redactor.redact("p@ssw0rd! abcdefgh12345")).toBe("***URL*** ***AUTH***");
    expect(redactor.redact(Buffer.from("bob:p@ssw0rd!").toString("base64"))).toBe("***URL***");
  });

  test("joins secrets that overlap", async () => {
    const redactor = createRedactor();
    redactor.register("A", "abcdefgh1234");
    redactor.register("B", "1234ijklmnop");
    expect(redactor.redact("<abcdefgh1234ijklmnop>")).toBe("<***A***>");
  });

  test("a short secret is hidden only as a word of its own", async () => {
    const redactor = createRedactor();
    redactor.register("PIN", "4711");
    expect(redactor.redact("pin 4711, port 47110, a4711")).toBe("pin ***PIN***, port 47110, a4711");
  });

  test("a secret of three characters is not looked for", async () => {
    const redactor = createRedactor();
    redactor.register("X", "xyz");
    expect(redactor.redact("xyz")).toBe("xyz");
  });

  test("a secret that is known under two names, and one that is a part of another, are each hidden", async () => {
    const redactor = createRedactor();
    redactor.register("A", "correct horse");
    redactor.register("B", "correct horse");
    redactor.register("C", "correct horse battery");
    redactor.register("D", "horse battery staple");
    expect(redactor.redact("<correct horse>")).toBe("<***A***>");
    expect(redactor.redact("<correct horse battery>")).toBe("<***C***>");
    expect(redactor.redact("<correct horse battery staple>")).toBe("<***C***>");
  });

  test("a secret is found in either way of writing its accents", async () => {
    const redactor = createRedactor();
    redactor.register("NFC", "motdepass\u00e9-secret");
    expect(redactor.redact("<motdepasse\u0301-secret>")).toBe("<***NFC***>");
    expect(redactor.redact(encodeURIComponent("motdepasse\u0301-secret"))).toBe("***NFC***");
  });

  test("the name of a secret that holds another's value is not shown", async () => {
    const redactor = createRedactor();
    redactor.register("PASSWORD", "PASSWORD");
    expect(redactor.redact("my PASSWORD")).toBe("my ***");
  });

  test("secrets of 64 KiB and a thousand others are found", async () => {
    const redactor = createRedactor();
    for (let index = 0; index < 1000; index += 1)
      redactor.register(`S${index}`, `value-number-${index}-${index * 7919}`);
    const big = "0123456789abcdef".repeat(4096);
    redactor.register("BIG", big);
    expect(redactor.redact(`x ${big} y value-number-999-7911081 z`)).toBe("x ***BIG*** y ***S999*** z");
  });
});

describe("redactMessage", () => {
  const SHAPES: readonly (readonly [string, string])[] = [
    ["a Slack webhook", `https://hooks.slack.com/services/T00000000/B00000000/${"X".repeat(24)}`],
    ["a Discord webhook", `https://discord.com/api/webhooks/123456789012/${"a".repeat(30)}`],
    ["a Slack token", `xoxb-123456789012-${"a".repeat(20)}`],
    ["an AWS key", `AKIA${"A1".repeat(8)}`],
    ["a GitHub token", `ghp_${"a1".repeat(18)}`],
    ["a bearer token", `Bearer ${"t0ken".repeat(5)}`],
    ["a JWT", `eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.${"s".repeat(30)}`],
    ["a private key", `-----BEGIN RSA PRIVATE KEY-----\nAAAAB3Nza\nC1yc2EAAA\n-----END RSA PRIVATE KEY-----`],
    ["a private key that was cut off", `-----BEGIN PRIVATE KEY-----\nAAAAB3NzaC1yc2EAAA`],
    ["a key that signs webhooks", `whsec_${"aB+/".repeat(8)}`],
    ["an age key", `AGE-SECRET-KEY-1${"Q".repeat(58)}`],
  ];
  test.each(SHAPES)("masks %s that nobody registered", async (_, text) => {
    const tail = text.slice(-8);
    const shown = createRedactor().redactMessage(`see ${text} there`);
    expect(shown).toContain("***");
    expect(shown.replace("see", "").replace("there", "")).not.toContain(tail);
  });

  test("masks the password in a URL and leaves the rest readable", async () => {
    expect(createRedactor().redactMessage("postgres://bob:pa55@db/x")).toBe("postgres://bob:***@db/x");
  });

  test("is not slowed down by a text made to slow it down", async () => {
    const text = "-----BEGIN PRIVATE KEY-----".repeat(400) + "://a:".repeat(4000) + "eyJ".repeat(4000);
    expect(createRedactor().redactMessage(text).length).toBeGreaterThan(0);
  });
});

describe("control characters within a secret", () => {
  const VALUE = "hidden-live-20x26";
  test.each([
    ["a colour", "\u001b[31m"],
    ["the end of a line's highlight", "\u001b[m\u001b[K"],
    ["NUL", "\0"],
    ["a backspace", "\b"],
    ["a bell", "\u0007"],
    ["a carriage return", "\r"],
    ["a window title", "\u001b]0;x\u0007"],
    ["a cleared screen in C1", "\u009b2J"],
    ["a mark without width", "\u200b"],
    ["a joiner", "\u200d"],
    ["an override of the order", "\u202e"],
  ])("do not split it: %s", async (_, control) => {
    const redactor = createRedactor();
    redactor.register("LIVE", VALUE);
    for (const at of [1, 7, 16]) {
      const text = `a ${VALUE.slice(0, at)}${control}${VALUE.slice(at)} b`;
      expect(redactor.redact(text)).toMatch(/^a \*\*\*LIVE\*\*\*(\u001b\[[0-9]*m)* b$/);
      if (control === "\u200d") continue;
      const stream = redactor.stream();
      const shown = Array.from(text, (each) => stream.write(each)).join("") + stream.end();
      expect(shown).toMatch(/^a \*\*\*LIVE\*\*\*(\u001b\[[0-9]*m)* b$/);
    }
  });
});
