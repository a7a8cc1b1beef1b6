import type { Channel, Delivery, DeliveryRequest } from "../outbox/channel.ts";
import { contentOf, type Content } from "./content.ts";
import { cut } from "./cut.ts";
import { checkHttpOptions, optionText } from "./definition.ts";
import { excerpt } from "./excerpt.ts";
import { postJson } from "./json-post.ts";
import { escapePayload, markdownValue, typeIn, type MarkupAt } from "./markup.ts";
import { renderText } from "./render-text.ts";
import { quote } from "./scrub.ts";
import { isSuccess, judgeBody, verdictOf } from "./verdict.ts";

/** Teams refuses messages above about 28 KB; this many bytes are kept under it. Source: Teams' webhook reference. */
const MOST_BYTES = 24_000;

/**
 * Microsoft Teams, through a workflow that waits for a webhook. Its answer means
 * queued: the workflow may fail later. The URL's signature is a secret.
 */
export const teams: Channel = {
  type: "teams",
  /** Four requests a second. Source: Teams' webhook reference. */
  gapMs: 250,
  ambiguous: "resend",
  isForPeople: true,
  readsMarks: true,
  check: (definition) => checkHttpOptions(definition, { url: { is: "url", required: true } }),
  recipients: () => [""],
  send,
  preview: (delivery) => JSON.stringify(teamsPayload(delivery), null, 2),
};

async function send(delivery: DeliveryRequest): Promise<Delivery> {
  const { answer, failure } = await postJson(optionText(delivery, "url") ?? "", teamsPayload(delivery), delivery);
  if (answer === undefined) return failure;
  if (answer.status === 202) return { outcome: "delivered", note: "queued by the workflow" };
  // The older connectors answer 200 whatever happened, with the error as text.
  if (isSuccess(answer)) return judgeBody(answer, (said) => quote(said, delivery));
  return verdictOf(answer, delivery.at ?? Date.now());
}

/** What is posted: a payload as it is, else a card whose texts are runs, in which nothing is markup. */
export function teamsPayload(delivery: DeliveryRequest): Readonly<Record<string, unknown>> {
  const { message } = delivery;
  if (message.kind === "payload") return escapePayload(message.payload, markupAt);
  if (message.kind === "text") {
    const rungs = [15_000, 5000].map((limit) => card([paragraph(renderText(delivery, limit).text)], []));
    return smallest(rungs);
  }
  const content = contentOf(message.alert, delivery);
  const sizes = [4000, 1000, 0];
  return smallest([
    ...sizes.map((size) => card(bodyOf(content, size), content.links)),
    card([paragraph(cut(content.headline, 1000))], []),
  ]);
}

/** Keys of texts that Teams reads as Markdown, in cards of both kinds. */
const MARKUP_KEYS: ReadonlySet<string> = new Set([
  ...["text", "title", "value", "summary", "activityTitle", "activitySubtitle", "activityText"],
]);

const markupAt: MarkupAt = (key, owner) => {
  const type = typeIn(owner);
  const isRead = type === undefined || type === "TextBlock" || type === "message";
  return isRead && MARKUP_KEYS.has(key) ? markdownValue : undefined;
};

function smallest(rungs: readonly Readonly<Record<string, unknown>>[]): Readonly<Record<string, unknown>> {
  const fits = rungs.find((rung) => Buffer.byteLength(JSON.stringify(rung)) <= MOST_BYTES);
  return fits ?? rungs.at(-1) ?? {};
}

const COLOURS = { bad: "attention", crashed: "attention", warn: "warning", good: "good", neutral: "default" } as const;

function bodyOf(content: Content, excerptSize: number): readonly object[] {
  const shown = content.detail === null || excerptSize === 0 ? "" : excerpt(content.detail, excerptSize);
  return [
    paragraph(content.title, { size: "large", weight: "bolder", color: COLOURS[content.tone] }),
    ...content.what.map((line, index) => ({ ...paragraph(line), ...(index === 0 ? {} : TIGHT) })),
    ...content.facts.map(([label, value], index) => ({
      type: "RichTextBlock",
      ...(index === 0 ? {} : TIGHT),
      inlines: [run(`${label}: `, { weight: "bolder" }), run(value)],
    })),
    ...(shown === "" ? [] : [paragraph(indented(shown), { fontType: "monospace" })]),
    ...content.next.map((line) => paragraph(line, { fontType: "monospace" })),
    paragraph(content.small, { isSubtle: true, size: "small" }),
  ];
}

const TIGHT = { spacing: "none" } as const;

/** Cards drop spaces at a line's begin, but for those that do not break. */
function indented(text: string): string {
  return text.replace(/^ +/gm, (spaces) => "\u00a0".repeat(spaces.length));
}

function run(text: string, style: object = {}): object {
  return { type: "TextRun", text, ...style };
}

function paragraph(text: string, style: object = {}): object {
  return { type: "RichTextBlock", inlines: [run(text, style)] };
}

function card(body: readonly object[], links: Content["links"]): Readonly<Record<string, unknown>> {
  const actions = links.map(({ label, url }) => ({ type: "Action.OpenUrl", title: cut(label, 75), url }));
  const content = {
    $schema: "http://adaptivecards.io/schemas/adaptive-card.json",
    type: "AdaptiveCard",
    version: "1.4",
    msteams: { width: "Full" },
    body,
    ...(actions.length === 0 ? {} : { actions }),
  };
  const contentType = "application/vnd.microsoft.card.adaptive";
  return { type: "message", attachments: [{ contentType, contentUrl: null, content }] };
}
