import type { IncomingWebhookSendArguments } from "@slack/webhook";
import type { KnownBlock } from "@slack/types";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { contentOf } from "../../src/channels/content.ts";
import { discord } from "../../src/channels/discord.ts";
import { excerpt } from "../../src/channels/excerpt.ts";
import { renderText } from "../../src/channels/render-text.ts";
import { SLACK_LIMITS as LIMITS } from "../../src/channels/slack-limits.ts";
import { escapeSlack } from "../../src/channels/markup.ts";
import { slackLadder } from "../../src/channels/slack-payload.ts";
import { teamsPayload } from "../../src/channels/teams.ts";
import { webhookBody } from "../../src/channels/webhook.ts";
import type { Alert, Message } from "../../src/model/notification.ts";
import { STATE_TYPES } from "../../src/model/state.ts";
import { alertOf, deliveryOf } from "./delivery.ts";

const definition = { type: "slack", url: { secret: "X" } };
const of = (message: Message) => deliveryOf({ definition, message });

/** Texts that break renderers: markup, mentions, emoji, right-to-left, control characters, halves of characters, much of all. */
const hostile = fc.oneof(
  fc.string({ unit: "grapheme" }),
  fc.string({ unit: "binary", maxLength: 300 }),
  fc.constantFrom(
    "<!channel>",
    "&<>&amp;",
    "```",
    "\u202eabc\u2066",
    "שלום עולם",
    "👩‍👩‍👧‍👦🏳️‍🌈",
    "\ud800",
    "\u001b[31mred\u001b[0m",
    "\u0000",
    "\r\n\r\n",
  ),
  fc
    .tuple(
      fc.constantFrom("<!channel> ", "🎉", "&", "a\n", "א", "x".repeat(500) + "\n", '"\\'),
      fc.integer({ min: 1, max: 40_000 }),
    )
    .map(([unit, times]) => unit.repeat(Math.min(times, Math.ceil(1_000_000 / unit.length)))),
);
const maybe = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: undefined });
const alerts = fc
  .record({
    subject: fc.constantFrom("flow" as const, "task" as const),
    flow: hostile,
    runId: fc.constant("01JDC7K2"),
    task: maybe(hostile),
    from: fc.constantFrom(...STATE_TYPES),
    to: fc.constantFrom(...STATE_TYPES),
    summary: fc.option(hostile),
    detail: maybe(hostile),
    failures: maybe(
      fc.array(fc.record({ task: hostile, type: fc.constant("Failed" as const), message: fc.option(hostile) }), {
        maxLength: 60,
      }),
    ),
    group: maybe(
      fc.record({
        failed: fc.nat(),
        errors: fc.array(fc.record({ text: hostile, count: fc.nat(), first: fc.constant("load[1]") }), {
          maxLength: 30,
        }),
      }),
    ),
    text: maybe(hostile),
    host: maybe(hostile),
    at: fc.constant(Date.UTC(2026, 10, 23)),
    durationMs: maybe(fc.nat()),
    links: maybe(fc.array(fc.record({ label: hostile, url: fc.oneof(fc.webUrl(), hostile) }), { maxLength: 12 })),
    next: maybe(fc.array(hostile, { maxLength: 8 })),
  })
  .map(
    (fields) =>
      Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as unknown as Alert,
  );

interface Block {
  readonly type: string;
  readonly text?: { readonly text: string };
  readonly fields?: readonly { readonly text: string }[];
  readonly elements?: readonly { readonly type: string; readonly text?: unknown; readonly url?: string }[];
}

describe("rendering", () => {
  it("keeps every limit of Slack, for any alert", () => {
    fc.assert(
      fc.property(alerts, (alert) => {
        const ladder = slackLadder(of({ kind: "alert", alert }));
        expect(ladder).toHaveLength(3);
        for (const payload of ladder) {
          const { text, attachments } = payload as {
            text: string;
            attachments?: { blocks: Block[]; fallback: string }[];
          };
          expect(text.length).toBeLessThanOrEqual(LIMITS.section);
          expect(text).not.toBe("");
          expect(text).not.toMatch(/[<>]|&(?!amp;|lt;|gt;)/);
          const blocks = attachments?.[0]?.blocks ?? [];
          expect(blocks.length).toBeLessThanOrEqual(LIMITS.blockCount);
          expect(JSON.stringify(blocks).length).toBeLessThanOrEqual(LIMITS.allBlocks);
          for (const block of blocks) expectWithinLimits(block);
          expect(JSON.stringify(payload)).not.toMatch(/\\ud[89a-f]/i);
        }
      }),
      { numRuns: 150 },
    );
  });

  it("says in the plainest rung of any alert what happened and to which run", () => {
    fc.assert(
      fc.property(alerts, (alert) => {
        const last = slackLadder(of({ kind: "alert", alert })).at(-1) as { text: string };
        expect(last.text.length).toBeLessThanOrEqual(LIMITS.plainText);
        expect(last.text.trim()).not.toBe("");
      }),
      { numRuns: 100 },
    );
  });

  it("keeps the limits of the other services, for any alert", async () => {
    await fc.assert(
      fc.asyncProperty(alerts, async (alert) => {
        const delivery = of({ kind: "alert", alert });
        expect(Buffer.byteLength(JSON.stringify(teamsPayload(delivery)))).toBeLessThanOrEqual(28_000);
        expect(Buffer.byteLength(webhookBody(delivery, 0))).toBeLessThanOrEqual(20_000);
        expect(renderText(delivery, 1000).text.length).toBeLessThanOrEqual(1000);
      }),
      { numRuns: 100 },
    );
  });

  it("keeps the limits of Discord's embeds, and cannot be made to mention anybody", async () => {
    const { faultyServer } = await import("../rig/faulty-server.ts");
    const server = await faultyServer([{ status: 200, body: '{"id":"1"}' }]);
    await fc.assert(
      fc.asyncProperty(alerts, async (alert) => {
        const values = { X: server.url };
        await discord.send(
          deliveryOf({ definition: { ...definition, type: "discord" }, values, message: { kind: "alert", alert } }),
        );
        const { embeds, allowed_mentions } = JSON.parse(server.requests().at(-1)!.body) as {
          embeds: {
            title: string;
            description: string;
            fields: { name: string; value: string }[];
            footer: { text: string };
          }[];
          allowed_mentions: unknown;
        };
        expect(allowed_mentions).toEqual({ parse: [] });
        const { title, description, fields, footer } = embeds[0]!;
        expect(title.length).toBeLessThanOrEqual(256);
        expect(description.length).toBeLessThanOrEqual(4096);
        for (const { value } of fields) expect(value.length).toBeLessThanOrEqual(1024);
        const all = [title, description, footer.text, ...fields.flatMap(({ name, value }) => [name, value])];
        expect(all.join("").length).toBeLessThanOrEqual(6000);
      }),
      { numRuns: 50 },
    );
    await server.close();
  });

  it("is what Slack's types allow", () => {
    const payload = slackLadder(of(alertOf()))[0] as unknown as Typed<IncomingWebhookSendArguments>;
    const blocks = (payload.attachments?.[0]?.blocks ?? []) as KnownBlock[];
    expect(blocks.map(({ type }) => type)).toEqual([
      "header",
      "section",
      "section",
      "rich_text",
      "actions",
      "rich_text",
      "context",
    ]);
  });

  it("carries what Prefect's notifier carries: colour of the state, subject and state, and the message", () => {
    const alert = alertOf({ subject: "task", task: "load", summary: "no rows", failures: [] });
    const [payload] = slackLadder(of(alert)) as unknown as {
      text: string;
      attachments: { color: string; fallback: string; blocks: Block[] }[];
    }[];
    const [{ color, fallback, blocks } = { color: "", fallback: "", blocks: [] }] = payload!.attachments;
    expect(color).toBe("#d72b3f");
    expect(fallback).toBe("Task failed: load of nightly-etl");
    expect(blocks[0]).toMatchObject({ type: "header", text: { text: "Task failed: load of nightly-etl" } });
    expect(blocks[1]?.fields?.[0]?.text).toBe("*State*\nRunning → Failed");
    expect(blocks[2]).toMatchObject({ type: "section", text: { text: "no rows" } });
    expect(JSON.stringify(blocks[3])).toContain("connect ECONNREFUSED 10.0.0.5:5432");
    expect(blocks.at(-1)).toMatchObject({
      type: "context",
      elements: [{ text: "flowctl n_7qk2mzx4c5v6b7n8m9k0j1h2g3" }],
    });
  });

  it("never lets an error's text be parsed by Slack", () => {
    const payload = slackLadder(of(alertOf({ detail: "``` <!channel> *bold*" })))[0];
    const [attachment] = (payload as { attachments: { blocks: Block[] }[] }).attachments;
    const shown = attachment?.blocks.find((block) => JSON.stringify(block).includes("<!channel>"));
    expect(shown).toMatchObject({ type: "rich_text", elements: [{ type: "rich_text_preformatted" }] });
    expect(escapeSlack("<!channel> & <@U1>")).toBe("&lt;!channel&gt; &amp; &lt;@U1&gt;");
  });

  it("shows an error's first 3 and last 12 lines and counts the rest", () => {
    const lines = Array.from({ length: 100 }, (_each, index) => `line ${index + 1}`);
    expect(excerpt(lines.join("\n"), 4000).split("\n")).toEqual([
      ...lines.slice(0, 3),
      "… 85 lines cut …",
      ...lines.slice(-12),
    ]);
    expect(excerpt("one\ntwo", 4000)).toBe("one\ntwo");
  });

  it("tells things in the order in which people need them", () => {
    expect(renderText(of(alertOf()), 4000).text.split("\n")).toEqual([
      "Flow failed: nightly-etl",
      "load: connect ECONNREFUSED 10.0.0.5:5432",
      "State: Running → Failed",
      "Run: 01JDC7K2",
      "Duration: 14m 12s",
      "Started: 2026-11-23 05:47:59 UTC",
      "Where: etl-1 · user etl · cron",
      "",
      "Error: connect ECONNREFUSED 10.0.0.5:5432",
      "    at load (flows/etl.ts:88:11)",
      "",
      "CI run: https://github.com/o/r/actions/runs/42/attempts/2",
      "Next: flowctl runs show 01JDC7K2",
      "flowctl n_7qk2mzx4c5v6b7n8m9k0j1h2g3",
    ]);
  });

  it("tells which task failed first, how many more, and how many only followed", () => {
    const failures = Array.from(
      { length: 7 },
      (_, i) => ({ task: `t${i}`, type: "Failed", message: "no rows" }) as const,
    );
    const following = [{ task: "report", type: "TriggerFailed", message: "The trigger …" }] as const;
    const { text } = renderText(of(alertOf({ failures: [...failures, ...following], failureCount: 8 })), 4000);
    expect(text.split("\n").slice(1, 8)).toEqual([
      ...failures.slice(0, 5).map(({ task }) => `${task}: no rows`),
      "and 2 more failed",
      "1 task did not run because of that",
    ]);
    const { headline } = contentOf(alertOf({ failures: [...failures, ...following] }).alert, of(alertOf()));
    expect(headline).toContain(": t0: no rows, +6 more");
  });

  it("tells of what came before: of a failure, a recovery and a start", () => {
    const last = (more: Partial<Alert>) =>
      contentOf(alertOf({ failures: [], summary: null, ...more }).alert, of(alertOf())).what.at(-1);
    expect(last({ failedBefore: 2 })).toBe("3 failed runs in a row");
    expect(last({ to: "Success", failedBefore: 2, failingForMs: 7_200_000 })).toBe(
      "recovered after 2 failed runs, down 2h 00m",
    );
    expect(last({ to: "Running", failedBefore: 1 })).toBe("the run before failed");
    expect(last({ to: "Cancelled", failedBefore: 3 })).toBe("the last 3 runs failed");
  });

  it("tells of many failures in few lines", () => {
    const errors = [{ text: "connect ECONNREFUSED", count: 37, first: "load[412]" }];
    const group = { failed: 37, total: 1000, errors };
    const { text } = renderText(of(alertOf({ subject: "task", task: "load", group, failedBefore: 2 })), 4000);
    expect(text.split("\n").slice(0, 4)).toEqual([
      "Task failed: load of nightly-etl",
      '37 of 1000 "load" children failed, one error',
      "37x connect ECONNREFUSED (first: load[412])",
      "3 failed runs in a row",
    ]);
  });
});

type Typed<T> = T extends string ? never : T;

function expectWithinLimits(block: Block): void {
  const size = (text: unknown): number => (text as { readonly text: string }).text.length;
  expect(["header", "section", "rich_text", "actions", "context"]).toContain(block.type);
  if (block.text !== undefined) {
    expect(block.text.text.length).toBeGreaterThan(0);
    expect(block.text.text.length).toBeLessThanOrEqual(block.type === "header" ? LIMITS.header : LIMITS.section);
  }
  if (block.type === "section" && block.text === undefined) expect(block.fields?.length).toBeGreaterThan(0);
  expect(block.fields?.length ?? 0).toBeLessThanOrEqual(LIMITS.fieldCount);
  for (const field of block.fields ?? []) expect(field.text.length).toBeLessThanOrEqual(LIMITS.field);
  if (block.type === "actions") expect(block.elements!.length).toBeLessThanOrEqual(LIMITS.actionCount);
  for (const each of block.elements ?? []) {
    if (each.type !== "button") continue;
    expect(size(each.text)).toBeLessThanOrEqual(LIMITS.button);
    expect(size(each.text)).toBeGreaterThan(0);
    expect(each.url!.length).toBeLessThanOrEqual(LIMITS.buttonUrl);
  }
}
