import { expect, test } from "vitest";
import { summaryLines, type ItemOutcome } from "../../src/outbox/summary.ts";

const one = (more: Partial<ItemOutcome>): ItemOutcome => ({
  id: "n_1",
  state: "sent",
  channel: "team",
  recipient: "",
  ...more,
});

test("a run without notifications says nothing of them", () => {
  expect(summaryLines({ outcomes: [] }, 0)).toEqual([]);
});

test("what was sent, what waits and until when, and the command that shows more", () => {
  const outcomes = [one({}), one({}), one({ state: "waiting", note: "rate limited", due: 30_000 })];
  expect(summaryLines({ outcomes }, 0)).toEqual([
    "notifications: 2 sent, 1 waiting (team: rate limited, next try in 30s): flowctl notify list",
  ]);
});

test("one reason is told once, with its fix", () => {
  const held = one({ state: "held", note: "no secret URL", help: "flowctl secrets set URL" });
  expect(summaryLines({ outcomes: [held, held] }, 0)).toEqual([
    "notifications: 2 held (team: no secret URL): flowctl notify list",
    "  fix: flowctl secrets set URL",
  ]);
});

test("of a long reason the first sentence is told; notify show has the whole", () => {
  const held = one({ state: "held", note: "The secret URL was not found. Looked in the environment (it is not set)." });
  expect(summaryLines({ outcomes: [held] }, 0)).toEqual([
    "notifications: 1 held (team: The secret URL was not found): flowctl notify list",
  ]);
});

test("channels that share a reason stand before it together", () => {
  const outcomes = ["team", "oncall", "boss"].map((channel) =>
    one({ state: "suppressed", channel, note: channel === "boss" ? "told already" : "the flow still fails" }),
  );
  expect(summaryLines({ outcomes }, 0)).toEqual([
    "notifications: 3 suppressed (team, oncall: the flow still fails; boss: told already): flowctl notify list --state suppressed",
  ]);
});
