import type { Response } from "undici";
import type { DeliveryRequest } from "../outbox/channel.ts";
import { optionRecord } from "./definition.ts";
import { directRoute } from "./direct-route.ts";
import { CONNECT_MS, MOST_READ, type Route } from "./route.ts";

/** A way out, and what frees its connections. */
interface OpenRoute {
  readonly send: Route;
  readonly close: () => Promise<void>;
}

/**
 * Chooses the way out: straight, or through the proxies
 * of the channel's `proxies`, else those that the environment names (`HTTPS_PROXY`, `HTTP_PROXY`,
 * `ALL_PROXY`, less `NO_PROXY`; small letters first). undici is loaded for a proxy only.
 */
export async function openRoute(
  delivery: Pick<DeliveryRequest, "definition" | "values" | "environment">,
): Promise<OpenRoute> {
  const own = Object.entries(optionRecord(delivery, "proxies")).map(
    ([scheme, url]) => [`${scheme}_proxy`, url] as const,
  );
  const environment: DeliveryRequest["environment"] = own.length === 0 ? delivery.environment : Object.fromEntries(own);
  const variable = (name: string): string | undefined =>
    [environment[name], environment[name.toUpperCase()]].find((value) => value !== undefined && value !== "");
  const proxy = (name: string): string | undefined => withScheme(variable(name));
  const all = proxy("all_proxy");
  const httpProxy = proxy("http_proxy") ?? all;
  const httpsProxy = proxy("https_proxy") ?? all;
  if (httpProxy === undefined && httpsProxy === undefined) return { send: directRoute, close: async () => {} };
  const { EnvHttpProxyAgent, fetch } = await import("./proxy-agent.ts");
  const dispatcher = new EnvHttpProxyAgent({
    httpProxy: httpProxy ?? "",
    httpsProxy: httpsProxy ?? "",
    noProxy: variable("no_proxy") ?? "",
    connect: { timeout: CONNECT_MS },
  });
  const send: Route = async ({ url, body, ...rest }) => {
    const given = body === undefined ? {} : { body };
    const response = await fetch(url, { ...rest, ...given, redirect: "manual", dispatcher });
    return { status: response.status, headers: response.headers, body: await readSome(response) };
  };
  return { send, close: () => dispatcher.destroy() };
}

/** Reads a body up to the limit. */
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

/** As curl reads it: `proxy:3128` is `http://proxy:3128`. */
function withScheme(value: string | undefined): string | undefined {
  return value === undefined || value.includes("://") ? value : `http://${value}`;
}
