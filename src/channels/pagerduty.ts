import { createHash } from "node:crypto";
import { isAbsolute } from "node:path";
import type { Alert } from "../model/notification.ts";
import type { Channel, Delivery, DeliveryRequest } from "../outbox/channel.ts";
import { contentOf } from "./content.ts";
import { cut } from "./cut.ts";
import { checkHttpOptions, optionText, severityOf, type Severity } from "./definition.ts";
import { excerpt } from "./excerpt.ts";
import { jsonField, postJson } from "./json-post.ts";
import { renderText } from "./render-text.ts";
import { quote } from "./scrub.ts";
import { verdictOf } from "./verdict.ts";
import { toneOf, type Tone } from "./words.ts";

/** Limits of PagerDuty's Events API v2, in characters. Source: its reference, "Send an Alert Event". */
const LIMITS = { summary: 1024, source: 255, key: 255 };
/** PagerDuty asks for minutes, not seconds, after "too many requests". */
const PAUSE_MS = 2 * 60 * 1000;
const NOTHING = "neither opens nor closes an incident: not sent";

/**
 * PagerDuty's Events API v2. A failure opens an incident and the next success
 * closes it: both carry the same key for a flow on a host, so a repeat changes
 * nothing.
 */
export const pagerduty: Channel = {
  type: "pagerduty",
  ambiguous: "resend",
  check: (definition) =>
    checkHttpOptions(definition, {
      routingKey: { is: "text", required: true },
      dedupKey: { is: "text" },
      url: { is: "url" },
    }),
  recipients: () => [""],
  send,
  preview: (delivery) => {
    const event = eventOf(delivery);
    return event === undefined ? NOTHING : JSON.stringify(event, null, 2);
  },
};

async function send(delivery: DeliveryRequest): Promise<Delivery> {
  const event = eventOf(delivery);
  if (event === undefined) return { outcome: "delivered", note: NOTHING };
  const url = optionText(delivery, "url") ?? "https://events.pagerduty.com/v2/enqueue";
  const { answer, failure } = await postJson(url, event, delivery);
  if (answer === undefined) return failure;
  if (answer.status === 202) return { outcome: "delivered", note: "accepted by PagerDuty" };
  const errors = jsonField(answer.body, "errors");
  const said = Array.isArray(errors) ? quote(errors.map(String).join("; "), delivery) : "";
  const verdict = verdictOf(answer, delivery.at ?? Date.now(), said);
  return verdict.outcome === "transient" && answer.status === 429 ? { retryAfterMs: PAUSE_MS, ...verdict } : verdict;
}

/** @returns the event; undefined for a change that neither opens nor closes an incident */
function eventOf(delivery: DeliveryRequest): Readonly<Record<string, unknown>> | undefined {
  const { message, definition } = delivery;
  const common = { routing_key: optionText(delivery, "routingKey") ?? "", client: "flowctl" };
  const severity = (tone: Tone): Severity => severityOf(definition) ?? SEVERITIES[tone];
  const ownKey = optionText(delivery, "dedupKey");
  switch (message.kind) {
    case "payload":
      return { event_action: "trigger", dedup_key: ownKey ?? delivery.id, ...message.payload, ...common };
    case "text": {
      const summary = cut(renderText(delivery, LIMITS.summary).text, LIMITS.summary);
      const payload = { summary, source: "flowctl", severity: severity("bad") };
      return { ...common, event_action: "trigger", dedup_key: cut(ownKey ?? delivery.id, LIMITS.key), payload };
    }
    case "alert": {
      const { alert } = message;
      const action = actionOf(alert);
      if (action === undefined) return undefined;
      const content = contentOf(alert, delivery);
      const facts = Object.fromEntries(content.facts);
      const error = alert.detail === undefined ? {} : { Error: excerpt(alert.detail, 4000) };
      const payload = {
        summary: cut(content.headline, LIMITS.summary),
        source: cut(alert.host ?? "flowctl", LIMITS.source),
        severity: severity(content.tone),
        timestamp: new Date(alert.at).toISOString(),
        component: cut(alert.task ?? alert.flow, LIMITS.source),
        group: cut(alert.flow, LIMITS.source),
        custom_details: {
          ...facts,
          What: content.what.join("\n"),
          ...error,
          Next: content.next.join("\n"),
          Item: content.small,
        },
      };
      const links = content.links.map(({ label, url }) => ({ href: url, text: label }));
      return { ...common, event_action: action, dedup_key: cut(ownKey ?? keyOf(alert), LIMITS.key), payload, links };
    }
  }
}

const SEVERITIES: Readonly<Record<Tone, Severity>> = {
  crashed: "critical",
  bad: "error",
  warn: "warning",
  good: "info",
  neutral: "info",
};

function actionOf(alert: Alert): "trigger" | "resolve" | undefined {
  const tone = toneOf(alert);
  if (tone === "good") return "resolve";
  if (tone === "bad" || tone === "crashed" || alert.event === "slow") return "trigger";
  return undefined;
}

/**
 * One key for all runs of a project's flow, or of one task of it. In CI the host changes from run to run, and where the
 * repository is checked out: they say nothing.
 */
function keyOf({ flow, task, mapIndex, host, startedBy, project }: Alert): string {
  const isCi = startedBy === "ci";
  const place = isCi ? "ci" : (host ?? "host");
  const whose = project === undefined || (isCi && isAbsolute(project)) ? [] : [shortHash(project)];
  const index = mapIndex === undefined ? "" : `[${mapIndex}]`;
  return ["flowctl", place, ...whose, flow, ...(task === undefined ? [] : [`${task}${index}`])].join("/");
}

/** A path may be longer than a key. */
function shortHash(text: string): string {
  return createHash("sha256").update(text).digest("hex").slice(0, 8);
}
