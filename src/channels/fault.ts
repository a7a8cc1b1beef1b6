import type { Delivery } from "../outbox/channel.ts";

/** What went wrong before anything can have been sent, in words. */
const NOT_SENT: Readonly<Record<string, string>> = {
  ECONNREFUSED: "the connection was refused",
  ENOTFOUND: "the host's name is not known",
  EAI_AGAIN: "the host's name could not be looked up",
  EAI_FAIL: "the host's name could not be looked up",
  EHOSTUNREACH: "the host cannot be reached",
  ENETUNREACH: "the network cannot be reached",
  ENETDOWN: "the network is down",
  EADDRNOTAVAIL: "the network cannot be reached",
  UND_ERR_CONNECT_TIMEOUT: "no connection within 10 s",
  EPROTO: "the TLS handshake failed",
  PROXY_FAILED: "the proxy made no connection",
};

/** Refusals of a certificate and of a handshake: OpenSSL's names, as Node gives them. */
const TLS_FAULTS: readonly (readonly [RegExp, string])[] = [
  [/^CERT_HAS_EXPIRED/, "the server's certificate has expired"],
  [/^CERT_NOT_YET_VALID/, "the server's certificate is not valid yet: check this machine's clock"],
  [/^(ERR_TLS_CERT_ALTNAME|HOSTNAME_MISMATCH)/, "the server's certificate is for another host name"],
  [/^(CERT_|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO_|ERR_TLS_CERT)/, "the server's certificate is not trusted"],
  [
    /^ERR_SSL_(WRONG_VERSION_NUMBER|PACKET_LENGTH_TOO_LONG|UNKNOWN_PROTOCOL|HTTP_REQUEST)/,
    "the port does not speak TLS",
  ],
  [/^ERR_SSL/, "the TLS handshake failed"],
];

/** Names the cause, by the error's code, where the network or TLS failed before anything was sent. */
export function connectionFault(code: string): string | undefined {
  return NOT_SENT[code] ?? TLS_FAULTS.find(([pattern]) => pattern.test(code))?.[1];
}

/**
 * Decides what an error of the network means: transient where the request
 * cannot have left, ambiguous where it may have. The error itself is dropped,
 * for it may hold the URL or credentials.
 */
export function faultOf(error: unknown): Delivery {
  const { code, text, connecting } = innermost(error);
  const known = connectionFault(code);
  if (known !== undefined) return { outcome: "transient", code, note: known };
  if (text.includes("Proxy response")) {
    const status = /\((\d{3})\)/.exec(text)?.[1] ?? "an error";
    return { outcome: "transient", code: "PROXY", note: `the proxy answered ${status}` };
  }
  if (connecting || text.includes("before secure TLS connection")) {
    return { outcome: "transient", code: code === "" ? "CONNECT" : code, note: "the connection could not be made" };
  }
  if (code === "ABORTED") {
    return { outcome: "ambiguous", code: "TIMEOUT", note: "no answer in time; it may have arrived" };
  }
  return {
    outcome: "ambiguous",
    code: code === "" ? "NETWORK" : code,
    note: "the connection broke before an answer; it may have arrived",
  };
}

/** The deepest cause of an error: `fetch` wraps what happened, and a host with two addresses gives two errors. */
function innermost(error: unknown): { code: string; text: string; connecting: boolean } {
  let at: unknown = error;
  for (let depth = 0; depth < 8 && at instanceof Error; depth += 1) {
    const next: unknown = at instanceof AggregateError ? at.errors[0] : at.cause;
    if (!(next instanceof Error)) break;
    at = next;
  }
  if (!(at instanceof Error)) return { code: "", text: "", connecting: false };
  const named = at as Error & { readonly code?: unknown; readonly syscall?: unknown };
  const code = at.name === "AbortError" ? "ABORTED" : typeof named.code === "string" ? named.code : "";
  return { code, text: at.message, connecting: named.syscall === "connect" };
}
