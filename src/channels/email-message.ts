import { readFile } from "node:fs/promises";
import { basename } from "node:path";
import type { SendMailOptions } from "nodemailer";
import type { DeliveryRequest } from "../outbox/channel.ts";
import { contentOf } from "./content.ts";
import { cut, oneLine } from "./cut.ts";
import { optionList, optionRecord, optionText, severityOf, type Severity } from "./definition.ts";
import { emailHtml } from "./email-html.ts";
import { escapePayload, htmlValue } from "./markup.ts";
import { renderText } from "./render-text.ts";

/** Longest subject; longer ones are cut by most readers. */
const SUBJECT = 180;
const LONGEST = 100_000;

/**
 * The mail of one delivery. Its Message-ID follows from the item's id, so that
 * a repeat is the same mail to a store that folds repeats; mails of one flow
 * refer to one thread. Copies that nobody may see are in the envelope only.
 * @throws Node's error where an attachment cannot be read
 */
export async function emailOf(delivery: DeliveryRequest): Promise<SendMailOptions> {
  const { recipient, id, message } = delivery;
  const from = oneLine(optionText(delivery, "from") ?? "");
  const domain = `flowctl.${/@([\w.-]+)/.exec(from)?.[1] ?? "localhost"}`;
  const replyTo = optionText(delivery, "replyTo");
  const cc = optionList(delivery, "cc").map(oneLine);
  const flow = message.kind === "alert" ? message.alert.flow : undefined;
  const severity = severityOf(delivery.definition);
  const thread = flow === undefined ? undefined : flow.replace(/[^\w.-]+/g, "-");
  return {
    from,
    to: optionList(delivery, "to").map(oneLine),
    ...(cc.length === 0 ? {} : { cc }),
    ...(replyTo === undefined ? {} : { replyTo: oneLine(replyTo) }),
    envelope: { from: addressOf(from), to: [addressOf(recipient)] },
    messageId: `<${id}@${domain}>`,
    ...(thread === undefined ? {} : { references: `<flow.${thread}@${domain}>` }),
    ...(severity === undefined ? {} : { priority: IMPORTANCE[severity] }),
    date: new Date(delivery.createdAt ?? delivery.at ?? Date.now()),
    headers: {
      ...headersOf(delivery),
      "Auto-Submitted": "auto-generated",
      "X-Auto-Response-Suppress": "All",
      "List-Id": `<${thread ?? "messages"}.${domain}>`,
      "X-Flowctl-Item": id,
      ...(message.kind === "alert" ? { "X-Flowctl-Run-Id": oneLine(message.alert.runId) } : {}),
    },
    ...(await partsOf(delivery)),
  };
}

/** Mail knows three. */
const IMPORTANCE: Readonly<Record<Severity, "high" | "normal" | "low">> = {
  critical: "high",
  error: "high",
  warning: "normal",
  info: "low",
};

/** The address in `Name <address>`. */
function addressOf(text: string): string {
  return oneLine(/<([^<>]+)>\s*$/.exec(text)?.[1] ?? text);
}

function headersOf(delivery: DeliveryRequest): Readonly<Record<string, string>> {
  const entries = Object.entries(optionRecord(delivery, "headers")).filter(([name]) => /^[\w-]+$/.test(name));
  return Object.fromEntries(entries.map(([name, value]) => [name, oneLine(value)]));
}

async function partsOf(delivery: DeliveryRequest): Promise<SendMailOptions> {
  const { message } = delivery;
  const filled = message.kind === "payload" ? undefined : message.filled?.subject;
  const fixed = filled ?? optionText(delivery, "subject");
  const subject = (own: string): string => cut(oneLine(own), SUBJECT);
  if (message.kind === "payload") {
    const payload = escapePayload(message.payload, (key) => (key === "html" ? htmlValue : undefined));
    return payloadParts(payload, fixed);
  }
  const { title, text } = renderText(delivery, LONGEST);
  if (message.kind === "text") return { subject: subject(message.subject ?? fixed ?? title), text };
  const content = contentOf(message.alert, delivery);
  return { subject: subject(message.subject ?? fixed ?? content.headline), text, html: emailHtml(content) };
}

/** A mail made by the person: `subject`, `text`, `html`, and `attachments` as paths of files. */
async function payloadParts(
  payload: Readonly<Record<string, unknown>>,
  fixed: string | undefined,
): Promise<SendMailOptions> {
  const text = (key: string): string | undefined => (typeof payload[key] === "string" ? payload[key] : undefined);
  const body = text("text");
  const html = text("html");
  const paths: readonly unknown[] = Array.isArray(payload["attachments"]) ? payload["attachments"] : [];
  const attachments = await Promise.all(
    paths
      .filter((path) => typeof path === "string")
      .map(async (path) => ({ filename: basename(path), content: await readFile(path) })),
  );
  return {
    subject: cut(oneLine(text("subject") ?? fixed ?? "flowctl"), SUBJECT),
    ...(body === undefined && html !== undefined ? {} : { text: body ?? JSON.stringify(payload) }),
    ...(html === undefined ? {} : { html }),
    ...(attachments.length === 0 ? {} : { attachments }),
  };
}
