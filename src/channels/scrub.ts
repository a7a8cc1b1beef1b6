import type { DeliveryRequest } from "../outbox/channel.ts";
import { cut } from "./cut.ts";

/**
 * A service's own words, safe to show: one line, no control characters, cut at
 * 160 characters, and without any secret of the delivery or a part of one.
 */
export function quote(text: string, { values, redact }: Pick<DeliveryRequest, "values" | "redact">): string {
  const secrets = Object.values(values).flatMap(formsOf);
  const distinct = [...new Set(secrets)].sort((a, b) => b.length - a.length);
  const clean = distinct.reduce((rest, secret) => rest.replaceAll(secret, "***"), redact?.(text) ?? text);
  const line = clean.replace(/[\p{C}\s]+/gu, " ").trim();
  return cut(line, 160);
}

/** A secret, what it is made of where it is a URL, and how it looks when it is encoded. */
function formsOf(value: string): readonly string[] {
  const parts = URL.canParse(value) ? partsOf(new URL(value)) : value.split(/\r?\n/);
  return [value, ...parts]
    .filter((part) => part.length >= 4)
    .flatMap((part) => [part, encodeURIComponent(part), Buffer.from(part).toString("base64").replace(/=+$/, "")]);
}

function partsOf(url: URL): readonly string[] {
  const { username, password, pathname, searchParams } = url;
  const long = [...pathname.split("/"), ...searchParams.values()].filter((part) => part.length >= 8);
  return [`${pathname}${url.search}`, username, password, ...long].filter((part) => part.length >= 4);
}
