import type { Delivery, DeliveryRequest } from "../outbox/channel.ts";
import { isHttpUrl, timeoutOf } from "./definition.ts";
import { faultOf } from "./fault.ts";
import { openRoute } from "./proxy.ts";

/** One HTTP request on behalf of a channel. */
export interface HttpRequest {
  readonly method?: "GET" | "POST" | "PUT";
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

/** What came back. */
export interface HttpAnswer {
  readonly status: number;
  readonly headers: Headers;
  /** At most `MOST_READ` bytes of it. */
  readonly body: string;
}

/** An answer, or the outcome where there was none. It holds no URL, no header and nobody else's error. */
export type Exchange =
  | { readonly answer: HttpAnswer; readonly failure?: undefined }
  | { readonly failure: Delivery; readonly answer?: undefined };

const MOST_READ = 64 * 1024;

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
    const route = await openRoute(delivery).catch(() => undefined);
    if (route === undefined) {
      return { failure: { outcome: "transient", code: "BAD_PROXY", note: "what is set as a proxy is no proxy's URL" } };
    }
    try {
      const response = await route.fetch(prepared.url, {
        method: request.method ?? "POST",
        redirect: "manual",
        signal: deadline.signal,
        headers: prepared.headers,
        ...(request.body === undefined ? {} : { body: request.body }),
      });
      return { answer: { status: response.status, headers: response.headers, body: await readSome(response) } };
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

/** What `fetch` would throw about, with the whole URL in its words, is settled here. */
function prepare(request: HttpRequest): { readonly url: string; readonly headers: [string, string][] } | Delivery {
  if (!isHttpUrl(request.url)) {
    return { outcome: "permanent", code: "BAD_URL", note: "the URL is not an http or https URL" };
  }
  try {
    const headers = new Headers(request.headers);
    const url = new URL(request.url);
    if (url.username !== "" || url.password !== "") {
      const login = `${decodeURIComponent(url.username)}:${decodeURIComponent(url.password)}`;
      if (!headers.has("authorization")) headers.set("authorization", `Basic ${Buffer.from(login).toString("base64")}`);
      url.username = "";
      url.password = "";
    }
    return { url: url.href, headers: [...headers] };
  } catch {
    const help = "look for line ends and letters outside Latin-1 in headers, tokens and the URL's login";
    return { outcome: "permanent", code: "BAD_HEADER", note: "a header cannot be sent as it is", help };
  }
}

/** Reads a body up to a limit: a service may answer with a page of any size, or one that never ends. */
async function readSome(response: Response): Promise<string> {
  if (response.body === null) return "";
  const chunks: Uint8Array[] = [];
  let size = 0;
  const reader = response.body.getReader() as ReadableStreamDefaultReader<Uint8Array>;
  while (size < MOST_READ) {
    const { done, value } = await reader.read();
    if (done) return Buffer.concat(chunks).toString("utf8");
    chunks.push(value);
    size += value.length;
  }
  void reader.cancel().catch(() => undefined);
  return Buffer.concat(chunks).subarray(0, MOST_READ).toString("utf8");
}
