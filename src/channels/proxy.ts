import type { DeliveryRequest } from "../outbox/channel.ts";
import { optionRecord } from "./definition.ts";

/** A way out to the network: `fetch`, and what frees its connections. */
export interface Route {
  readonly fetch: typeof globalThis.fetch;
  readonly close: () => Promise<void>;
}

/** How long a connection may take to be made; above it nothing can have been sent. */
const CONNECT_MS = 10_000;

/**
 * Chooses the way out: Node's own `fetch`, or one that goes through the proxies
 * of the channel's `proxies`, else those that the environment names (`HTTPS_PROXY`, `HTTP_PROXY`,
 * `ALL_PROXY`, less `NO_PROXY`; small letters first). undici is loaded for a proxy only.
 */
export async function openRoute(
  delivery: Pick<DeliveryRequest, "definition" | "values" | "environment">,
): Promise<Route> {
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
  if (httpProxy === undefined && httpsProxy === undefined) return { fetch: globalThis.fetch, close: async () => {} };
  const { EnvHttpProxyAgent, fetch } = await import("./proxy-agent.ts");
  const dispatcher = new EnvHttpProxyAgent({
    httpProxy: httpProxy ?? "",
    httpsProxy: httpsProxy ?? "",
    noProxy: variable("no_proxy") ?? "",
    connect: { timeout: CONNECT_MS },
  });
  const through = (input: string, init?: object): Promise<unknown> => fetch(input, { ...init, dispatcher });
  return { fetch: through as unknown as typeof globalThis.fetch, close: () => dispatcher.destroy() };
}

/** As curl reads it: `proxy:3128` is `http://proxy:3128`. */
function withScheme(value: string | undefined): string | undefined {
  return value === undefined || value.includes("://") ? value : `http://${value}`;
}
