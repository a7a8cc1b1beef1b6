/** A request as it goes out: a URL without a login, and headers that were looked at. */
export interface OutgoingRequest {
  readonly method: string;
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | undefined;
  readonly signal: AbortSignal;
}

/** What came back. */
export interface HttpAnswer {
  readonly status: number;
  /** Asks for a header by its name; names know no capitals. */
  readonly headers: { get(name: string): string | null };
  /** At most `MOST_READ` bytes of it. */
  readonly body: string;
}

/** A way out to the network. It follows no redirect, and rejects with what the network said. */
export type Route = (request: OutgoingRequest) => Promise<HttpAnswer>;

/** A service may answer with a page of any size, or one that never ends: so many bytes are read. */
export const MOST_READ = 64 * 1024;

/** How long a connection may take to be made, in milliseconds; above it nothing can have been sent. */
export const CONNECT_MS = 10_000;

/** The schemes of proxies that can be used. */
export const PROXY_SCHEME = /^(?:https?|socks(?:4a?|5h?)?):$/;
