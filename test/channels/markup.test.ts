import { describe, expect, it } from "vitest";
import { emailOf } from "../../src/channels/email-message.ts";
import { channelOf } from "../../src/channels/index.ts";
import type { ChannelDefinition, Message } from "../../src/model/notification.ts";
import { markValue } from "../../src/model/value-marks.ts";
import { faultyServer } from "../rig/faulty-server.ts";
import { alertOf, deliveryOf } from "./delivery.ts";

const HOSTILE = "<!everyone> & [x](https://evil.example) `y` **z** @here";
const WRITTEN = "*All* <https://wiki.example/42|wiki> <!subteam^S1>";
const OWN = `${WRITTEN}: ${markValue(HOSTILE)}`;
const url = "https://chat.example/hook";

async function preview(definition: ChannelDefinition, message: Message): Promise<string> {
  return (await channelOf(definition.type)).preview(deliveryOf({ definition, message }));
}

describe("the author's markup and values in it", () => {
  it.each([
    ["slack", `${WRITTEN}: &lt;!everyone&gt; &amp; [x](https://evil.example) \`y\` **z** @here`],
    [
      "discord",
      `${WRITTEN}: \\<!everyone\\> & \\[x\\]\\(https\\://evil.example\\) \\\`y\\\` \\*\\*z\\*\\* \\@\u200bhere`,
    ],
    ["teams", `${WRITTEN}: ${HOSTILE}`],
    ["ntfy", `${WRITTEN}: ${HOSTILE}`],
    ["webhook", `${WRITTEN}: ${HOSTILE}`],
    ["command", `${WRITTEN}: ${HOSTILE}`],
    ["inbox", `${WRITTEN}: ${HOSTILE}`],
  ])("%s gets in a text, and in the own words of a hook", async (type, said) => {
    const definition = type === "command" ? { type, run: "true" } : { type, url };
    const text = await preview(definition, { kind: "text", text: OWN });
    const alert = await preview(definition, alertOf({ text: OWN, textHasMarkup: true }));
    for (const sent of [text, alert]) {
      expect(sent).toContain(type === "inbox" ? said : JSON.stringify(said).slice(1, -1));
      expect(sent).not.toMatch(/[\ufdd0\ufdd1]|textHasMarkup/);
    }
  });

  it("is all escaped in the own words of a hook that an older version stored", async () => {
    const sent = await preview({ type: "slack", url }, alertOf({ text: "<!channel> *x*" }));
    expect(sent).toContain("&lt;!channel&gt; *x*");
    expect(sent).not.toContain("<!channel>");
  });

  it.each([
    ["slack", `${WRITTEN} &lt;!x&gt; end`],
    ["discord", `${WRITTEN} \\<!x\\> end`],
  ])("%s gets in the plainest form, too, that is posted when the service refuses a richer one", async (type, said) => {
    const own = `${WRITTEN} ${markValue("<!x>")} end`;
    const blocks = { text: own, blocks: [{ type: "section" }], ...(type === "discord" ? { embeds: [{}] } : {}) };
    for (const message of [
      alertOf({ text: own, textHasMarkup: true, failures: [{ task: "<!y>", type: "Failed", message: null }] }),
      { kind: "payload", payload: blocks },
      { kind: "text", text: own },
    ] as const) {
      const server = await faultyServer(Array.from({ length: 4 }, () => ({ status: 400, body: "invalid_blocks" })));
      await (await channelOf(type)).send(deliveryOf({ definition: { type, url: server.url }, message }));
      const last = JSON.parse(server.requests().at(-1)?.body ?? "{}") as { text?: string; content?: string };
      await server.close();
      expect(last.text ?? last.content).toContain(said);
      expect(last.text ?? last.content).not.toMatch(/(?<!\\)<!y>|[\ufdd0\ufdd1]/u);
    }
  });

  it("cuts a value, and escapes what is left of it", async () => {
    const sent = await preview({ type: "discord", url }, { kind: "text", text: `a ${markValue("*".repeat(5000))}` });
    expect((JSON.parse(sent) as { content: string }).content).toMatch(/^a (\\\*){900,}…$/);
  });

  it("keeps a link together whose URL has values", async () => {
    const link = `<https://ci.example/r/${markValue("a|b>c d")}|CI>`;
    expect(await preview({ type: "slack", url }, { kind: "text", text: link })).toContain(
      "<https://ci.example/r/a%7Cb%3Ec%20d|CI>",
    );
    const markdown = `[CI](https://ci.example/r/${markValue("a_b) @everyone")})`;
    expect(await preview({ type: "discord", url }, { kind: "text", text: markdown })).toContain(
      "[CI](https://ci.example/r/a_b%29%20@everyone)",
    );
  });
});

describe("values in a service's own payload", () => {
  const v = markValue("<b>*x*");

  it.each<[string, ChannelDefinition, object, object]>([
    [
      "slack",
      { type: "slack", url },
      {
        text: `*t* ${v}`,
        blocks: [
          { type: "section", text: { type: "mrkdwn", text: v } },
          { type: "header", text: { type: "plain_text", text: v } },
          { type: "markdown", text: v },
          { type: "rich_text", elements: [{ type: "text", text: v }] },
          { type: "actions", elements: [{ type: "button", value: v, url: `https://ci.example/${v}` }] },
        ],
        attachments: [{ pretext: v, fields: [{ title: v, value: v }] }],
      },
      {
        text: "*t* &lt;b&gt;*x*",
        blocks: [
          { type: "section", text: { type: "mrkdwn", text: "&lt;b&gt;*x*" } },
          { type: "header", text: { type: "plain_text", text: "<b>*x*" } },
          { type: "markdown", text: "\\<b\\>\\*x\\*" },
          { type: "rich_text", elements: [{ type: "text", text: "<b>*x*" }] },
          { type: "actions", elements: [{ type: "button", value: "<b>*x*", url: "https://ci.example/<b>*x*" }] },
        ],
        attachments: [{ pretext: "&lt;b&gt;*x*", fields: [{ title: "&lt;b&gt;*x*", value: "&lt;b&gt;*x*" }] }],
      },
    ],
    [
      "discord",
      { type: "discord", url },
      {
        username: v,
        embeds: [{ title: v, author: { name: v }, fields: [{ name: v, value: v }], footer: { text: v } }],
      },
      {
        username: "<b>*x*",
        embeds: [
          {
            title: "\\<b\\>\\*x\\*",
            author: { name: "<b>*x*" },
            fields: [{ name: "\\<b\\>\\*x\\*", value: "\\<b\\>\\*x\\*" }],
            footer: { text: "<b>*x*" },
          },
        ],
      },
    ],
    [
      "teams",
      { type: "teams", url },
      {
        type: "message",
        body: [
          { type: "TextBlock", text: `**a** ${v}` },
          { type: "TextRun", text: v },
        ],
      },
      {
        type: "message",
        body: [
          { type: "TextBlock", text: "**a** \\<b\\>\\*x\\*" },
          { type: "TextRun", text: "<b>*x*" },
        ],
      },
    ],
    [
      "ntfy with Markdown",
      { type: "ntfy", url },
      { markdown: true, title: v, message: `**a** ${v}` },
      { markdown: true, title: "<b>*x*", message: "**a** \\<b\\>\\*x\\*" },
    ],
    ["ntfy", { type: "ntfy", url }, { message: v }, { message: "<b>*x*" }],
    ["webhook", { type: "webhook", url }, { a: [v] }, { a: ["<b>*x*"] }],
  ])("are escaped for %s where it reads markup", async (_, definition, payload, sent) => {
    const message: Message = { kind: "payload", payload: { ...payload } };
    expect(JSON.parse(await preview(definition, message))).toMatchObject(sent);
  });

  it("are escaped in a mail's HTML, and stay as they are in its text", async () => {
    const payload = { html: `<p>${v}</p>`, text: v, subject: v };
    const definition = { type: "email", host: "mail.example", from: "a@x.example", to: ["b@x.example"] };
    const mail = await emailOf(deliveryOf({ definition, message: { kind: "payload", payload } }));
    expect(mail).toMatchObject({ html: "<p>&lt;b&gt;*x*</p>", text: "<b>*x*", subject: "<b>*x*" });
  });
});
