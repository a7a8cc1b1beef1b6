import type { ActionsBlockElement, KnownBlock, MessageAttachment, MrkdwnElement, RichTextBlock } from "@slack/types";
import { escapeValues } from "../model/value-marks.ts";
import type { DeliveryRequest } from "../outbox/channel.ts";
import { contentOf, markedHeadline, markedWhat, type Content } from "./content.ts";
import { cut, cutEscaped, plain } from "./cut.ts";
import { excerpt } from "./excerpt.ts";
import { escapePayload, escapeSlack, markdownValue, slackValue, typeIn, type MarkupAt } from "./markup.ts";
import { renderMarked } from "./render-text.ts";
import { SLACK_LIMITS as LIMITS } from "./slack-limits.ts";
import { COLOURS } from "./words.ts";

/** What is posted to a webhook. */
export type SlackPayload = Readonly<Record<string, unknown>>;

/** The full layout, in Slack's own types. */
interface RichPayload extends Record<string, unknown> {
  readonly text: string;
  readonly unfurl_links: boolean;
  readonly unfurl_media: boolean;
  readonly attachments: MessageAttachment[];
}

/** Keys of texts that Slack reads as its markup, in objects that do not say that they are something else. */
const MARKUP_KEYS: ReadonlySet<string> = new Set([
  ...["text", "pretext", "fallback", "title", "value", "footer", "author_name"],
]);

const markupAt: MarkupAt = (key, owner) => {
  if (!MARKUP_KEYS.has(key)) return undefined;
  const type = typeIn(owner);
  if (type === "markdown") return markdownValue;
  return type === undefined || type === "mrkdwn" ? slackValue : undefined;
};

const slackMarked = (text: string): string => escapeValues(text, slackValue);

/**
 * The ladder of renderings of one message, the richest first. Slack refuses a
 * rung with HTTP 400 and has then posted nothing, so the next may be tried.
 */
export function slackLadder(delivery: DeliveryRequest): readonly SlackPayload[] {
  const { message } = delivery;
  switch (message.kind) {
    case "text": {
      const exact =
        message.literal === true
          ? { text: cut(escapeSlack(plain(message.text)), LIMITS.text) }
          : { text: cutEscaped(message.text, LIMITS.text, slackMarked) };
      const short = { text: cutEscaped(renderMarked(delivery, LIMITS.plainText), LIMITS.plainText, slackMarked) };
      return exact.text === short.text ? [exact] : [exact, short];
    }
    case "payload": {
      const text = cutEscaped(renderMarked(delivery, LIMITS.plainText), LIMITS.plainText, slackMarked);
      const payload = escapePayload(message.payload, markupAt);
      return text === "" ? [payload] : [payload, { text }];
    }
    case "alert": {
      const content = contentOf(message.alert, delivery);
      const call = callOf(delivery, content);
      const text = cutEscaped(renderMarked(delivery, LIMITS.plainText), LIMITS.plainText, slackMarked);
      return [richPayload(content, call, true), richPayload(content, call, false), { text: call + text }];
    }
  }
}

/** Whom the channel calls to what has gone wrong, in Slack's own signs. */
function callOf({ definition }: DeliveryRequest, { tone }: Content): string {
  if (tone === "good" || tone === "neutral") return "";
  const names = [definition["mention"] ?? []].flat().filter((name) => typeof name === "string");
  return names.map((name) => `${signOf(name)} `).join("");
}

function signOf(name: string): string {
  if (/^[a-z]+$/.test(name)) return `<!${name}>`;
  return name.startsWith("S") ? `<!subteam^${name}>` : `<@${name}>`;
}

/** The full layout; the excerpt shrinks until all blocks are within their budget. */
function richPayload(content: Content, call: string, withExcerpt: boolean): RichPayload {
  const headline = cutEscaped(markedHeadline(content), LIMITS.section, slackMarked);
  const attachment = (blocks: KnownBlock[]): RichPayload => ({
    text: call + headline,
    unfurl_links: false,
    unfurl_media: false,
    attachments: [
      { color: COLOURS[content.tone], fallback: cutEscaped(content.title, LIMITS.header, escapeSlack), blocks },
    ],
  });
  const sizes = withExcerpt && content.detail !== null ? [3000, 1500, 700, 300] : [];
  for (const size of sizes) {
    const blocks = blocksOf(content, excerpt(content.detail ?? "", size));
    if (JSON.stringify(blocks).length <= LIMITS.allBlocks) return attachment(blocks);
  }
  return attachment(blocksOf(content, null));
}

function blocksOf(content: Content, shown: string | null): KnownBlock[] {
  const mrkdwn = (text: string, limit: number, escape = escapeSlack): MrkdwnElement => ({
    type: "mrkdwn",
    text: cutEscaped(text, limit, escape),
  });
  const what = markedWhat(content);
  const buttons = content.links.filter(({ url }) => url.length <= LIMITS.buttonUrl);
  const some = <Block extends KnownBlock>(isThere: boolean, block: () => Block): Block[] => (isThere ? [block()] : []);
  return [
    { type: "header", text: { type: "plain_text", text: cut(content.title, LIMITS.header), emoji: false } },
    {
      type: "section",
      fields: content.facts.slice(0, LIMITS.fieldCount).map(([label, value]) => mrkdwn(`*${label}*\n${value}`, 300)),
    },
    ...some(what !== "", () => ({ type: "section", text: mrkdwn(what, 1500, slackMarked) })),
    ...some(shown !== null && shown !== "", () => preformatted(shown ?? "")),
    ...some(buttons.length > 0, () => ({ type: "actions", elements: buttons.map(button) })),
    ...some(content.next.length > 0, () => preformatted(content.next.join("\n"))),
    { type: "context", elements: [mrkdwn(content.small, 300)] },
  ];
}

/** Text that Slack never parses: no mention, no end of a fence can come out of it. */
function preformatted(text: string): RichTextBlock {
  return {
    type: "rich_text",
    elements: [{ type: "rich_text_preformatted", border: 0, elements: [{ type: "text", text }] }],
  };
}

function button({ label, url }: Content["links"][number]): ActionsBlockElement {
  return { type: "button", text: { type: "plain_text", text: cut(plain(label), LIMITS.button), emoji: false }, url };
}
