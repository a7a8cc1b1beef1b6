import { validateHeaderName, validateHeaderValue } from "node:http";
import type { Delivery, DeliveryRequest } from "../outbox/channel.ts";
import { isHttpUrl, timeoutOf } from "./definition.ts";
import { faultOf } from "./fault.ts";
import { openRoute } from "./proxy.ts";
import type { HttpAnswer } from "./route.ts";

/** One HTTP request on behalf of a channel. */
export interface HttpRequest {
  readonly method?: "GET" | "POST" | "PUT";
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

/** An answer, or the outcome where there was none. It holds no URL, no header and nobody else's error. */
export type Exchange =
  | { readonly answer: HttpAnswer; readonly failure?: undefined }
  | { readonly failure: Delivery; readonly answer?: undefined };

/**
 * Makes one request: through the channel's proxies or the environment's, within the
 * channel's timeout, without following redirects and without trying again. It
 * never throws.
 */
export async function exchange(
  request: HttpRequest,
  delivery: Pick<DeliveryRequest, "definition" | "values" | "environment" | "signal">,
): Promise<Exchange> {
  const prepared = prepare(request);
  if ("outcome" in prepared) return { failure: prepared };
  const deadline = new AbortController();
  const stop = (): void => {
    deadline.abort();
  };
  if (delivery.signal.aborted) {
    return { failure: { outcome: "transient", code: "CANCELLED", note: "cancelled before it was sent" } };
  }
  delivery.signal.addEventListener("abort", stop, { once: true });
  const timer = setTimeout(stop, timeoutOf(delivery.definition));
  try {
    const route = await openRoute(delivery, prepared.url).catch(() => undefined);
    if (route === undefined) {
      const note = "the proxy that is set is not the URL of an http, https or SOCKS proxy";
      return { failure: { outcome: "transient", code: "BAD_PROXY", note } };
    }
    try {
      const { method = "POST", body } = request;
      return { answer: await route.send({ ...prepared, method, body, signal: deadline.signal }) };
    } finally {
      await route.close();
    }
  } catch (error) {
    return { failure: faultOf(error) };
  } finally {
    clearTimeout(timer);
    delivery.signal.removeEventListener("abort", stop);
  }
}

/** What the client would throw about, with the whole URL in its words, is settled here. */
function prepare(
  request: HttpRequest,
): { readonly url: URL; readonly headers: Readonly<Record<string, string>> } | Delivery {
  if (!isHttpUrl(request.url)) {
    return { outcome: "permanent", code: "BAD_URL", note: "the URL is not an http or https URL" };
  }
  try {
    const headers: Record<string, string> = {};
    for (const [name, value] of Object.entries(request.headers ?? {})) headers[name.toLowerCase()] = value.trim();
    const url = new URL(request.url);
    if (url.username !== "" || url.password !== "") {
      const login = `${decodeURIComponent(url.username)}:${decodeURIComponent(url.password)}`;
      headers["authorization"] ??= `Basic ${Buffer.from(login).toString("base64")}`;
      url.username = "";
      url.password = "";
    }
    for (const [name, value] of Object.entries(headers)) {
      validateHeaderName(name);
      validateHeaderValue(name, value);
    }
    return { url, headers };
  } catch {
    const help = "look for line ends and letters outside Latin-1 in headers, tokens and the URL's login";
    return { outcome: "permanent", code: "BAD_HEADER", note: "a header cannot be sent as it is", help };
  }
}
