import { expect, it } from "vitest";
import { digestText } from "../../src/channels/digest-text.ts";
import { alertOf, text } from "./delivery.ts";

const created = Date.UTC(2026, 10, 23, 3);

it("names each late message with its time and its id, in words that cannot be markup", () => {
  const items = [
    { id: "n_1", flow: "nightly-etl", created, message: alertOf() },
    { id: "n_2", flow: "daily", created: created + 60_000, message: text("a\nb <!channel>") },
    { id: "n_3", flow: "daily", created, message: { kind: "payload", payload: { text: "own" } } as const },
  ];
  expect(digestText(items)).toEqual({
    kind: "text",
    literal: true,
    subject: "3 late messages about 2 flows",
    text: [
      "3 late messages about 2 flows: they could not be delivered for more than 15 minutes, and are told here in one.",
      "2026-11-23 03:00 UTC  FAILED: nightly-etl (run 01JDC7K2) on etl-1 after 14m 12s: load: connect ECONNREFUSED 10.0.0.5:5432  (n_1)",
      "2026-11-23 03:01 UTC  a b <!channel>  (n_2)",
      '2026-11-23 03:00 UTC  {"text":"own"}  (n_3)',
      "Each of them: flowctl notify show ID",
    ].join("\n"),
  });
});

it("lists forty of a thousand and says how many more there are", () => {
  const items = Array.from({ length: 1000 }, (_, i) => ({ id: `n_${i}`, flow: "f", created, message: text("x") }));
  const lines = (digestText(items) as { text: string }).text.split("\n");
  expect(lines).toHaveLength(43);
  expect(lines.at(-2)).toBe("and 960 more");
});

it("shows each time in the zone of its run", () => {
  const zoned = { id: "n_1", flow: "f", created, message: alertOf({ timezone: "America/New_York" }) };
  const unknown = { id: "n_2", flow: "f", created, message: alertOf({ timezone: "Mars/Base" }) };
  const { text: lines } = digestText([zoned, unknown]) as { text: string };
  expect(lines).toContain("\n2026-11-22 22:00 -05:00  FAILED");
  expect(lines).toContain("\n2026-11-23 03:00 UTC  FAILED");
});
