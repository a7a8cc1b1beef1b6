import { createHash } from "node:crypto";
import { isOfFamily } from "../model/state.ts";
import type { Message } from "../model/notification.ts";
import type { Channel, Delivery, DeliveryRequest } from "../outbox/channel.ts";
import { cutBytes } from "./cut.ts";
import { checkHttpOptions, isHttpUrl, optionText } from "./definition.ts";
import { exchange } from "./exchange.ts";
import { renderText } from "./render-text.ts";
import { verdictOf } from "./verdict.ts";

/** What is kept of a body by the hosted service. Source: its documentation, "Attaching Logs". */
const MOST_BYTES = 10_000;
const NOTHING = "says nothing of a run's start or end: not sent";

/**
 * A dead man's switch that speaks healthchecks' ping protocol: it is told when
 * a run starts and how it ends, and tells people itself when it hears nothing.
 * The run's id pairs start and end; a repeated ping does no harm.
 */
export const deadman: Channel = {
  type: "deadman",
  ambiguous: "resend",
  check: (definition) => checkHttpOptions(definition, { url: { is: "url", required: true } }),
  recipients: () => [""],
  send,
  preview: (delivery) => {
    const signal = signalOf(delivery.message);
    return signal === undefined ? NOTHING : `ping: ${signal}\n\n${renderText(delivery, MOST_BYTES).text}`;
  },
};

async function send(delivery: DeliveryRequest): Promise<Delivery> {
  const text = optionText(delivery, "url");
  if (!isHttpUrl(text)) return { outcome: "permanent", code: "BAD_URL", note: "the URL is not an http or https URL" };
  const signal = signalOf(delivery.message);
  if (signal === undefined) return { outcome: "delivered", note: NOTHING };
  const url = new URL(text);
  url.pathname = `${url.pathname.replace(/\/$/, "")}${signal === "success" ? "" : `/${signal}`}`;
  if (delivery.message.kind === "alert") url.searchParams.set("rid", ridOf(delivery.message.alert.runId));
  const body = cutBytes(renderText(delivery, MOST_BYTES).text, MOST_BYTES);
  const headers = { "content-type": "text/plain; charset=utf-8", "user-agent": "flowctl" };
  const { answer, failure } = await exchange({ url: url.href, headers, body }, delivery);
  if (answer === undefined) return failure;
  const said = answer.body.trim();
  if (answer.status === 200 && said === "OK (not found)") {
    const help = "make the check again and set its URL";
    return { outcome: "permanent", code: "NO_CHECK", note: "there is no such check", help };
  }
  if (answer.status === 200 && said === "OK (rate limited)") {
    return { outcome: "transient", code: "RATE", note: "too many pings", retryAfterMs: 60_000 };
  }
  return verdictOf(answer, delivery.at ?? Date.now());
}

/** Which ping a message is; undefined where it is none. */
function signalOf(message: Message): "start" | "success" | "fail" | "log" | undefined {
  if (message.kind !== "alert") return "log";
  const { alert } = message;
  if (alert.subject === "task") return undefined;
  if (alert.event === "slow") return "log";
  if (alert.reason !== undefined || isOfFamily(alert.to, "Failed") || alert.to === "Cancelled") return "fail";
  if (isOfFamily(alert.to, "Success")) return "success";
  return alert.to === "Running" || alert.event === "started" ? "start" : undefined;
}

/** The protocol's run id is a UUID: one that is always the same for a run. */
export function ridOf(runId: string): string {
  const hex = createHash("sha256").update(runId).digest("hex");
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-8${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}
