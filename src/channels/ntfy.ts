import type { ChannelDefinition } from "../model/notification.ts";
import type { Channel, ChannelProblem, Delivery, DeliveryRequest } from "../outbox/channel.ts";
import { contentOf } from "./content.ts";
import { cutBytes, oneLine } from "./cut.ts";
import { checkHttpOptions, isHttpUrl, optionText, severityOf, type Severity } from "./definition.ts";
import { jsonText, postJson } from "./json-post.ts";
import { escapePayload, markdownValue } from "./markup.ts";
import { contentText, renderText } from "./render-text.ts";
import { quote } from "./scrub.ts";
import { verdictOf } from "./verdict.ts";
import type { Tone } from "./words.ts";

/** Above this many bytes ntfy makes the text an attachment. Source: its documentation, "Limitations". */
const MOST_BYTES = 4096;

/**
 * ntfy, at ntfy.sh or a server of one's own: `url` ends in the topic. The item's
 * id is the message's sequence id, so newer servers replace a repeat.
 */
export const ntfy: Channel = {
  type: "ntfy",
  ambiguous: "resend",
  isForPeople: true,
  readsMarks: true,
  check,
  recipients: () => [""],
  send,
  preview: (delivery) => JSON.stringify(bodyOf(delivery), null, 2),
};

const PRIORITIES: Readonly<Record<Tone, number>> = { crashed: 5, bad: 4, warn: 3, good: 3, neutral: 2 };
const OF_SEVERITY: Readonly<Record<Severity, number>> = { critical: 5, error: 4, warning: 3, info: 2 };
const TAGS: Readonly<Record<Tone, string>> = {
  crashed: "boom",
  bad: "x",
  warn: "warning",
  good: "white_check_mark",
  neutral: "information_source",
};

function check(definition: ChannelDefinition): readonly ChannelProblem[] {
  const found = checkHttpOptions(definition, {
    url: { is: "url", required: true },
    token: { is: "text" },
    priority: { is: "number", between: [1, 5] },
  });
  const { url } = definition;
  if (!isHttpUrl(url) || targetOf(url) !== undefined) return found;
  return [...found, { path: "url", message: `must end in the topic, ${EXAMPLE}` }];
}

const EXAMPLE = "for example https://ntfy.sh/my-topic";

async function send(delivery: DeliveryRequest): Promise<Delivery> {
  const target = targetOf(optionText(delivery, "url"));
  if (target === undefined) {
    return { outcome: "permanent", code: "BAD_URL", note: "the URL does not end in a topic", help: EXAMPLE };
  }
  const token = optionText(delivery, "token");
  const headers = token === undefined ? {} : { authorization: `Bearer ${token}` };
  const body = { topic: target.topic, sequence_id: delivery.id, ...bodyOf(delivery) };
  const { answer, failure } = await postJson(target.base, body, delivery, headers);
  if (answer === undefined) return failure;
  return verdictOf(answer, delivery.at ?? Date.now(), quote(jsonText(answer.body, "error"), delivery));
}

/** JSON is published at the server's root, with the topic inside: headers could not carry every text. */
function targetOf(text: string | undefined): { readonly base: string; readonly topic: string } | undefined {
  if (!isHttpUrl(text)) return undefined;
  const url = new URL(text);
  const parts = url.pathname.split("/").filter((part) => part !== "");
  const topic = parts.pop();
  return topic === undefined
    ? undefined
    : { base: `${url.origin}/${parts.join("/")}`, topic: decodeURIComponent(topic) };
}

function bodyOf(delivery: DeliveryRequest): Readonly<Record<string, unknown>> {
  const { message, definition } = delivery;
  const severity = severityOf(definition);
  const own = definition["priority"] ?? (severity === undefined ? undefined : OF_SEVERITY[severity]);
  if (message.kind === "payload") {
    const isMarkdown = message.payload["markdown"] === true;
    return escapePayload(message.payload, (key) => (isMarkdown && key === "message" ? markdownValue : undefined));
  }
  if (message.kind === "text") {
    const { text } = renderText(delivery, MOST_BYTES);
    const title = message.subject === undefined ? {} : { title: cutBytes(oneLine(message.subject), 250) };
    return { ...title, message: cutBytes(text, MOST_BYTES), ...(own === undefined ? {} : { priority: own }) };
  }
  const content = contentOf(message.alert, delivery);
  const [first] = content.links;
  return {
    title: cutBytes(content.title, 250),
    // Letters of three bytes are common in error texts and count as such.
    message: cutBytes(withoutTitle(contentText({ ...content, links: [] }, 3000), content.title), MOST_BYTES),
    priority: own ?? PRIORITIES[content.tone],
    tags: [TAGS[content.tone]],
    ...(first === undefined ? {} : { click: first.url }),
    actions: content.links.slice(0, 3).map(({ label, url }) => ({ action: "view", label, url })),
  };
}

/** ntfy shows the title by itself. */
function withoutTitle(text: string, title: string): string {
  return text.startsWith(`${title}\n`) ? text.slice(title.length + 1) : text;
}
