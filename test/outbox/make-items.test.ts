import { expect, test } from "vitest";
import { redactedNews } from "../../src/outbox/make-items.ts";

const redact = (text: string): string => text.replaceAll("4711", "***PIN***").replaceAll('a"b', "***Q***");

test("masks secrets in a JSON body so that it stays JSON: in texts, keys, and numbers, which become texts", () => {
  const text = '{"4711":[4711,1,-4711.5,12345678901234567890],"t":"x 4711 \\"","q":"a\\"b","n":null}';
  const item = {
    ...{ runId: "r", flow: "f", event: "e", key: "k", origin: "hook" as const, names: [] },
    definition: { type: "webhook" },
    message: { kind: "text", text: "is 4711", filled: { body: { text, isJson: true } } },
  } as const;
  const { message } = redactedNews(item, redact);
  expect(message).toMatchObject({ text: "is ***PIN***" });
  const body = message.kind === "payload" ? undefined : message.filled?.body;
  expect(body?.text).toContain("12345678901234567890");
  expect(JSON.parse(body?.text ?? "")).toEqual({
    "***PIN***": ["***PIN***", 1, "-***PIN***.5", 12345678901234567890],
    t: 'x ***PIN*** "',
    q: "***Q***",
    n: null,
  });
});
