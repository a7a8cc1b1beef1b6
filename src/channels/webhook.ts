import { wordOf } from "./words.ts";
import type { Channel, Delivery, DeliveryRequest } from "../outbox/channel.ts";
import { contentOf } from "./content.ts";
import { cut, plain } from "./cut.ts";
import { checkHttpOptions, optionList, optionRecord, optionText } from "./definition.ts";
import { excerpt } from "./excerpt.ts";
import { exchange } from "./exchange.ts";
import { verdictOf } from "./verdict.ts";

/** Largest body, in bytes: the recommendation of the Standard Webhooks specification. */
const MOST_BYTES = 20_000;

/**
 * Any HTTP endpoint, signed by the Standard Webhooks specification where a
 * `secret` is given. The item's id is the `webhook-id` of every attempt, so a
 * receiver can drop repeats.
 */
export const webhook: Channel = {
  type: "webhook",
  ambiguous: "resend",
  check: (definition) =>
    checkHttpOptions(definition, {
      url: { is: "url", required: true },
      secret: { is: "texts", secrets: true },
      headers: { is: "headers" },
      body: { is: "body" },
      method: { is: "text", oneOf: ["POST", "PUT"] },
    }),
  recipients: () => [""],
  send,
  preview,
};

async function send(delivery: DeliveryRequest): Promise<Delivery> {
  const now = delivery.at ?? Date.now();
  const { body, type } = contentOfRequest(delivery, now);
  const signed = await signatureOf(delivery, now, body);
  if (signed === undefined) {
    const help = "it is whsec_ and base64, or any text of your own";
    return { outcome: "permanent", code: "BAD_SECRET", note: "the signing secret cannot be used", help };
  }
  const { answer, failure } = await exchange(
    {
      method: delivery.definition["method"] === "PUT" ? "PUT" : "POST",
      url: optionText(delivery, "url") ?? "",
      headers: { "user-agent": "flowctl", ...type, ...safeHeaders(delivery, type), ...signed },
      body,
    },
    delivery,
  );
  if (answer === undefined) return failure;
  return verdictOf(answer, now);
}

/** The filled-in template of the channel, or the usual body, and its media type. */
function contentOfRequest(delivery: DeliveryRequest, now: number) {
  const { message } = delivery;
  const filled = message.kind === "payload" ? undefined : message.filled?.body;
  const json = { "content-type": "application/json" };
  if (filled === undefined) return { body: webhookBody(delivery, now), type: json };
  return { body: filled.text, type: filled.isJson ? json : { "content-type": "text/plain; charset=utf-8" } };
}

function preview(delivery: DeliveryRequest): string {
  const { body, type } = contentOfRequest(delivery, delivery.at ?? Date.now());
  const isJson = type["content-type"] === "application/json";
  return isJson ? JSON.stringify(JSON.parse(body) as unknown, null, 2) : body;
}

/** The person's own headers, without what would break the request. A text may have any media type, JSON only its own. */
function safeHeaders(
  delivery: DeliveryRequest,
  { "content-type": type }: { readonly "content-type": string },
): Readonly<Record<string, string>> {
  const isJson = type === "application/json";
  const entries = Object.entries(optionRecord(delivery, "headers"));
  return Object.fromEntries(
    entries
      .filter(([name, value]) => /^[\w-]+$/.test(name) && !/[^\t\u0020-\u00ff]/.test(value))
      .map(([name, value]) => [name.toLowerCase(), value] as const)
      .filter(([name, value]) => name !== "content-type" || !isJson || /json/i.test(value)),
  );
}

/**
 * Of several secrets each signs, so that a receiver may know the new one or still the old.
 * @returns the specification's headers; undefined where a secret cannot sign
 */
async function signatureOf(
  delivery: DeliveryRequest,
  now: number,
  body: string,
): Promise<Readonly<Record<string, string>> | undefined> {
  const headers = { "webhook-id": delivery.id, "webhook-timestamp": String(Math.floor(now / 1000)) };
  if (delivery.definition["secret"] === undefined) return headers;
  const named = delivery.definition["secret"];
  const secrets = optionList(delivery, "secret");
  if (secrets.length < (Array.isArray(named) ? named.length : 1)) return undefined;
  const { Webhook } = await import("./webhook-signer.ts");
  const sign = (secret: string): string => {
    const signer = secret.startsWith("whsec_")
      ? new Webhook(secret)
      : new Webhook(Buffer.from(secret), { format: "raw" });
    return signer.sign(delivery.id, new Date(now), body);
  };
  try {
    return { ...headers, "webhook-signature": secrets.map(sign).join(" ") };
  } catch {
    return undefined;
  }
}

/** The body: a payload as it is, everything else as the specification's `type`, `timestamp` and `data`. */
export function webhookBody(delivery: DeliveryRequest, now: number): string {
  const { message, id } = delivery;
  const at = (epochMs: number): string => new Date(epochMs).toISOString();
  switch (message.kind) {
    case "payload":
      return JSON.stringify(message.payload);
    case "text": {
      const subject = message.subject === undefined ? {} : { subject: message.subject };
      const data = { id, ...subject, text: cut(plain(message.text), 5000) };
      return JSON.stringify({ type: "message", timestamp: at(delivery.createdAt ?? now), data });
    }
    case "alert": {
      const { detail, ...alert } = message.alert;
      const type = `${alert.subject}.${wordOf(alert).replaceAll(" ", "-")}`;
      const { headline, what, facts } = contentOf(message.alert, delivery);
      const short = {
        flow: cut(alert.flow, 200),
        runId: alert.runId,
        from: alert.from,
        to: alert.to,
        headline,
        what,
        facts,
      };
      const error = (size: number): object => (detail === undefined ? {} : { detail: excerpt(detail, size) });
      const rungs = [
        { id, headline, ...alert, ...error(6000) },
        { id, headline, ...alert, ...error(1000) },
        { id, ...short, ...error(1000) },
      ].map((data) => JSON.stringify({ type, timestamp: at(alert.at), data }));
      return (
        rungs.find((rung) => Buffer.byteLength(rung) <= MOST_BYTES) ??
        JSON.stringify({ type, timestamp: at(alert.at), data: { id, ...short } })
      );
    }
  }
}
