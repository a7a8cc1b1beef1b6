import { BlockList, isIP } from "node:net";
import type { Response } from "undici";
import type { DeliveryRequest } from "../outbox/channel.ts";
import { optionRecord } from "./definition.ts";
import { directRoute } from "./direct-route.ts";
import { MOST_READ, PROXY_SCHEME, type Route } from "./route.ts";

/** A way out, and what frees its connections. */
interface OpenRoute {
  readonly send: Route;
  readonly close: () => Promise<void>;
}

type Variables = Readonly<Record<string, string | undefined>>;

/**
 * Chooses the way out for a URL: straight, or through the proxy of the channel's `proxies`, else the one that the
 * environment names. undici is loaded for a proxy only.
 * @throws TypeError where what is set as a proxy is no proxy's URL
 */
export async function openRoute(
  delivery: Pick<DeliveryRequest, "definition" | "values" | "environment">,
  url: URL,
): Promise<OpenRoute> {
  const own = Object.entries(optionRecord(delivery, "proxies"));
  const variables =
    own.length === 0
      ? delivery.environment
      : Object.fromEntries(own.map(([scheme, proxy]) => [`${scheme}_proxy`, proxy]));
  if (proxyFor(url, variables) === undefined) return { send: directRoute, close: async () => {} };
  const { fetch, proxyDispatcher } = await import("./proxy-agent.ts");
  const dispatcher = proxyDispatcher((each) => proxyFor(each, variables));
  const send: Route = async ({ url: target, body, ...rest }) => {
    const given = body === undefined ? {} : { body };
    const response = await fetch(target, { ...rest, ...given, redirect: "manual", dispatcher });
    return { status: response.status, headers: response.headers, body: await readSome(response) };
  };
  return { send, close: () => dispatcher.destroy() };
}

/**
 * Returns a `fetch` that goes through the environment's proxies; `undefined` where the environment names none.
 * @throws TypeError, from the call, where what is set as a proxy is no proxy's URL
 */
export async function proxiedFetch(variables: Variables): Promise<typeof globalThis.fetch | undefined> {
  if (!hasProxy(variables)) return undefined;
  const { fetch, proxyDispatcher } = await import("./proxy-agent.ts");
  const dispatcher = proxyDispatcher((url) => proxyFor(url, variables));
  return ((input: string, init: object) => fetch(input, { ...init, dispatcher })) as unknown as typeof globalThis.fetch;
}

function hasProxy(variables: Variables): boolean {
  return ["http_proxy", "https_proxy", "all_proxy"].some((name) => variable(variables, name) !== undefined);
}

/**
 * The proxy for a URL by the rules of curl: `https_proxy` or `http_proxy`, else `all_proxy`, less `no_proxy`; small
 * letters first. Schemes are http, https, socks4, socks5 and their variants; `proxy:3128` is an http proxy.
 * @throws TypeError where the variable holds no proxy's URL
 */
export function proxyFor(url: URL, variables: Variables): URL | undefined {
  const named = variable(variables, `${url.protocol}_proxy`.replace(":", "")) ?? variable(variables, "all_proxy");
  if (named === undefined || isExcluded(url, variable(variables, "no_proxy") ?? "")) return undefined;
  const proxy = new URL(named.includes("://") ? named : `http://${named}`);
  if (!PROXY_SCHEME.test(proxy.protocol) || proxy.hostname === "") throw new TypeError("not a proxy's URL");
  return proxy;
}

function variable(variables: Variables, name: string): string | undefined {
  return [variables[name], variables[name.toUpperCase()]].find((value) => value !== undefined && value !== "");
}

/**
 * Whether `no_proxy` names the host of a URL: a list with commas or spaces of host names, which stand for their
 * subdomains too (`example.com`, `.example.com`), addresses, CIDR blocks and `*`. An entry may name a port.
 */
function isExcluded({ hostname, port, protocol }: URL, list: string): boolean {
  const host = bare(hostname.toLowerCase()).replace(/\.$/, "");
  const version = isIP(host);
  const at = port === "" ? (protocol === "https:" ? "443" : "80") : port;
  return list
    .toLowerCase()
    .split(/[\s,]+/)
    .filter((entry) => entry !== "")
    .some((entry) => {
      if (entry === "*") return true;
      const [, before = entry, only] = /^(\[.*\]|[^:]*):(\d+)$/.exec(entry) ?? [];
      if (only !== undefined && only !== at) return false;
      const name = bare(only === undefined ? entry : before);
      if (version !== 0) return holds(name, host, version);
      const suffix = name.replace(/^\*?\./, "").replace(/\.$/, "");
      return suffix !== "" && (host === suffix || host.endsWith(`.${suffix}`));
    });
}

/** Whether an address is the entry's, or in its block. */
function holds(entry: string, address: string, version: number): boolean {
  const [network = "", prefix] = entry.split("/");
  const family = isIP(bare(network));
  if (family !== version) return false;
  const bits = prefix === undefined || prefix === "" ? (family === 4 ? 32 : 128) : Number(prefix);
  if (!Number.isInteger(bits) || bits < 0 || bits > (family === 4 ? 32 : 128)) return false;
  const block = new BlockList();
  const kind = family === 4 ? "ipv4" : "ipv6";
  block.addSubnet(bare(network), bits, kind);
  return block.check(address, kind);
}

function bare(host: string): string {
  return host.replace(/^\[/, "").replace(/\](?=\/|$)/, "");
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
