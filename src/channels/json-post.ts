import type { DeliveryRequest } from "../outbox/channel.ts";
import { exchange, type Exchange } from "./exchange.ts";

/** Posts a JSON document. */
export function postJson(
  url: string,
  body: unknown,
  delivery: DeliveryRequest,
  headers: Readonly<Record<string, string>> = {},
): Promise<Exchange> {
  const type = { "content-type": "application/json; charset=utf-8", "user-agent": "flowctl" };
  return exchange({ url, headers: { ...type, ...headers }, body: JSON.stringify(body) }, delivery);
}

/** A field of a JSON object; undefined where the text is no such thing. */
export function jsonField(body: string, name: string): unknown {
  try {
    const value: unknown = JSON.parse(body);
    return typeof value === "object" && value !== null ? (value as Record<string, unknown>)[name] : undefined;
  } catch {
    return undefined;
  }
}

/** The same where it is a text, else an empty one. */
export function jsonText(body: string, name: string): string {
  const value = jsonField(body, name);
  return typeof value === "string" ? value : "";
}
