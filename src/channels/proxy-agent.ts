/** undici's dispatchers and SOCKS, in a module that is loaded only where a proxy is used. */
import { SocksClient } from "socks";
import { Agent, buildConnector, fetch, Pool, ProxyAgent, type Dispatcher } from "undici";
import { CONNECT_MS } from "./route.ts";

export { fetch };

/** A proxy that did not open a tunnel. undici takes the code of a closed connection for one that may be tried at once. */
class ProxyError extends Error {
  readonly code = "PROXY_FAILED";
}

/** Opens a tunnel once: where the proxy hangs up, the request fails. */
class ProxyPool extends Pool {
  override async connect(options: Parameters<Pool["connect"]>[0]): Promise<Dispatcher.ConnectData> {
    try {
      return await super.connect(options);
    } catch {
      throw new ProxyError("the proxy opened no tunnel");
    }
  }
}

/**
 * Returns a dispatcher that sends each request through the proxy of its URL.
 * @param proxyFor the proxy's URL; `undefined` for a straight connection
 */
export function proxyDispatcher(proxyFor: (url: URL) => URL | undefined): Dispatcher {
  return new Agent({
    factory(origin, options) {
      const proxy = proxyFor(new URL(origin));
      if (proxy === undefined) return new Pool(origin, options);
      if (proxy.protocol.startsWith("socks")) return new Pool(origin, { connect: throughSocks(proxy) });
      const { username, password } = proxy;
      const login = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
      return new ProxyAgent({
        uri: proxy.origin,
        ...(login === ":" ? {} : { token: `Basic ${Buffer.from(login).toString("base64")}` }),
        // As curl does: an http URL is asked of the proxy itself, and only https is tunnelled.
        proxyTunnel: false,
        proxyTls: { timeout: CONNECT_MS },
        requestTls: { timeout: CONNECT_MS },
        clientFactory: (url, settings) => new ProxyPool(url, settings),
      });
    },
  });
}

/** Connects through a SOCKS proxy. The proxy resolves the host's name. */
function throughSocks(proxy: URL): buildConnector.connector {
  const secure = buildConnector({ timeout: CONNECT_MS });
  return (options, callback) => {
    const { hostname, protocol, port } = options;
    SocksClient.createConnection({
      command: "connect",
      timeout: CONNECT_MS,
      proxy: {
        host: proxy.hostname.replace(/^\[|\]$/g, ""),
        port: Number(proxy.port === "" ? 1080 : proxy.port),
        type: proxy.protocol.startsWith("socks4") ? 4 : 5,
        ...(proxy.username === "" ? {} : { userId: decodeURIComponent(proxy.username) }),
        ...(proxy.password === "" ? {} : { password: decodeURIComponent(proxy.password) }),
      },
      destination: {
        host: hostname.replace(/^\[|\]$/g, ""),
        port: port === "" ? (protocol === "https:" ? 443 : 80) : Number(port),
      },
    }).then(
      ({ socket }) => {
        if (protocol === "https:") secure({ ...options, httpSocket: socket }, callback);
        else callback(null, socket);
      },
      () => {
        callback(new ProxyError("the proxy made no connection"), null);
      },
    );
  };
}
