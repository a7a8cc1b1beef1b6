import { escapeValues } from "../model/value-marks.ts";
import type { Channel, Delivery, DeliveryRequest } from "../outbox/channel.ts";
import { contentOf, markedWhat } from "./content.ts";
import { cut, cutEscaped, plain } from "./cut.ts";
import { checkHttpOptions, isHttpUrl, optionText } from "./definition.ts";
import { excerpt } from "./excerpt.ts";
import { jsonText, postJson } from "./json-post.ts";
import { discordValue, escapeDiscord, escapePayload, type MarkupAt } from "./markup.ts";
import { renderMarked } from "./render-text.ts";
import { quote } from "./scrub.ts";
import { isSuccess, judgeBody, verdictOf } from "./verdict.ts";
import { COLOURS } from "./words.ts";

/** Discord's limits, in characters. Source: its API reference, "Embed Limits" and "Execute Webhook". */
const LIMITS = { content: 2000, title: 256, description: 4096, fieldValue: 1024, footer: 2048, embeds: 6000 };

/**
 * Discord's webhooks. They are asked to wait for the message, so that an answer
 * means posted. Nobody is ever mentioned. Discord has no idempotency key.
 */
export const discord: Channel = {
  type: "discord",
  /** Five requests in two seconds. Source: seen in Discord's rate headers. */
  gapMs: 500,
  ambiguous: "resend",
  isForPeople: true,
  readsMarks: true,
  check: (definition) => checkHttpOptions(definition, { url: { is: "url", required: true } }),
  recipients: () => [""],
  send,
  preview: (delivery) => JSON.stringify(discordLadder(delivery)[0], null, 2),
};

async function send(delivery: DeliveryRequest): Promise<Delivery> {
  const text = optionText(delivery, "url");
  if (!isHttpUrl(text)) return { outcome: "permanent", code: "BAD_URL", note: "the URL is not an http or https URL" };
  const url = new URL(text);
  url.searchParams.set("wait", "true");
  const ladder = discordLadder(delivery);
  let result: Delivery = { outcome: "permanent", code: "HTTP_400", note: "Discord refused the message" };
  for (const [rung, payload] of ladder.entries()) {
    result = await post(url.href, payload, delivery);
    if (result.outcome === "delivered" && rung > 0) {
      return { outcome: "delivered", note: "Discord refused the full message; it was posted in a simpler form" };
    }
    if (result.outcome !== "permanent" || result.code !== "HTTP_400") return result;
  }
  return result;
}

async function post(url: string, payload: object, delivery: DeliveryRequest): Promise<Delivery> {
  const { answer, failure } = await postJson(url, payload, delivery);
  if (answer === undefined) return failure;
  if (isSuccess(answer)) return judgeBody(answer, (said) => quote(said, delivery));
  return verdictOf(answer, delivery.at ?? Date.now(), quote(jsonText(answer.body, "message"), delivery));
}

/** Keys of texts that Discord reads as Markdown. */
const MARKUP_KEYS: ReadonlySet<string> = new Set(["content", "title", "description", "value"]);

const markupAt: MarkupAt = (key, owner) =>
  // The name of a field is read so, that of an author is not.
  MARKUP_KEYS.has(key) || (key === "name" && "value" in owner) ? discordValue : undefined;

const discordMarked = (text: string): string => escapeValues(text, discordValue);

const SILENT = { allowed_mentions: { parse: [] } };

function discordLadder(delivery: DeliveryRequest): readonly Readonly<Record<string, unknown>>[] {
  const { message } = delivery;
  switch (message.kind) {
    case "payload": {
      const content = cutEscaped(renderMarked(delivery, LIMITS.content), LIMITS.content, discordMarked);
      return [
        { ...SILENT, ...escapePayload(message.payload, markupAt) },
        ...(content === "" ? [] : [{ ...SILENT, content }]),
      ];
    }
    case "text": {
      const literal = message.literal === true;
      const content = literal
        ? cutEscaped(plain(message.text), LIMITS.content, escapeDiscord)
        : cutEscaped(message.text, LIMITS.content, discordMarked);
      return [{ ...SILENT, content }];
    }
    case "alert": {
      const content = cutEscaped(renderMarked(delivery, LIMITS.content), LIMITS.content, discordMarked);
      return [embedOf(message.alert, delivery), { ...SILENT, content }];
    }
  }
}

function embedOf(alert: Parameters<typeof contentOf>[0], delivery: DeliveryRequest): Readonly<Record<string, unknown>> {
  const content = contentOf(alert, delivery);
  const what = cutEscaped(markedWhat(content), 1200, discordMarked);
  // A fence ends at three backticks, and there is no escape inside: an invisible space parts them.
  const fenced = (text: string): string => `\`\`\`\n${text.replaceAll("`", "`\u200b")}\n\`\`\``;
  const shown = content.detail === null ? [] : [fenced(excerpt(content.detail, 1200))];
  const next = content.next.length === 0 ? [] : [fenced(content.next.join("\n"))];
  const links = content.links
    .filter(({ url }) => url.length <= 400 && !/[()\s]/.test(url))
    .map(({ label, url }) => `[${escapeDiscord(cut(plain(label), 75))}](${url})`);
  const parts = [what, ...shown, ...links, ...next].filter((part) => part !== "");
  const description = parts.join("\n");
  const embed = {
    title: cutEscaped(content.title, LIMITS.title, escapeDiscord),
    description: description.length <= LIMITS.description ? description : what,
    color: Number.parseInt(COLOURS[content.tone].slice(1), 16),
    fields: content.facts.map(([name, value]) => ({
      name,
      value: cutEscaped(value, 200, escapeDiscord),
      inline: true,
    })),
    footer: { text: cut(content.small, 300) },
    timestamp: new Date(alert.at).toISOString(),
  };
  return { ...SILENT, embeds: [embed] };
}
