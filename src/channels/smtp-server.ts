import type { DeliveryRequest } from "../outbox/channel.ts";
import { isSecretReference } from "../model/notification.ts";
import { optionText, timeoutOf } from "./definition.ts";

/** How a mail server is reached, in nodemailer's words. */
export interface SmtpServer {
  readonly host: string;
  readonly port: number;
  readonly secure: boolean;
  readonly requireTLS: boolean;
  readonly ignoreTLS: boolean;
  readonly auth?: { readonly user: string; readonly pass: string };
  /** There is a login, and no encryption to send it by. */
  readonly isLoginUnsafe: boolean;
  readonly dnsTimeout: number;
  readonly connectionTimeout: number;
  readonly greetingTimeout: number;
  readonly socketTimeout: number;
  readonly disableFileAccess: true;
  readonly disableUrlAccess: true;
}

type Security = "tls" | "starttls" | "none";

const PORTS: Readonly<Record<Security, number>> = { tls: 465, starttls: 587, none: 25 };

/**
 * The server of a definition: a URL (`smtps://` for TLS at once, `smtp://` for
 * STARTTLS, which is then required; `?security=none` for neither), or `host`
 * with `port`, `security`, `username` and `password`. Without encryption no
 * password is sent, except to this machine: `isLoginUnsafe` reports it.
 * @returns undefined where it cannot be read
 */
export function smtpServer(delivery: Pick<DeliveryRequest, "definition" | "values">): SmtpServer | undefined {
  const given = delivery.definition["smtp"] === undefined ? fromOptions(delivery) : fromUrl(delivery);
  if (given === undefined || given.host === "") return undefined;
  const { host, security, user, pass } = given;
  const local = /^(?:localhost|127(?:\.\d{1,3}){3}|::1)$/i.test(host);
  const hasLogin = (user !== undefined && user !== "") || isSecretReference(delivery.definition["username"]);
  const isSafe = security !== "none" || local;
  const within = timeoutOf(delivery.definition);
  return {
    host,
    port: given.port ?? PORTS[security],
    secure: security === "tls",
    requireTLS: security === "starttls",
    ignoreTLS: security === "none",
    ...(user !== undefined && user !== "" && isSafe ? { auth: { user, pass: pass ?? "" } } : {}),
    isLoginUnsafe: hasLogin && !isSafe,
    // The library waits two minutes for a connection and ten for an answer.
    dnsTimeout: Math.min(within, 10_000),
    connectionTimeout: Math.min(within, 10_000),
    greetingTimeout: Math.min(within, 10_000),
    socketTimeout: within * 2,
    disableFileAccess: true,
    disableUrlAccess: true,
  };
}

interface Given {
  readonly host: string;
  readonly port: number | undefined;
  readonly security: Security;
  readonly user: string | undefined;
  readonly pass: string | undefined;
}

function fromOptions(delivery: Pick<DeliveryRequest, "definition" | "values">): Given {
  const { port, security } = delivery.definition;
  const number = typeof port === "number" ? port : undefined;
  return {
    host: optionText(delivery, "host") ?? "",
    port: number,
    security: isSecurity(security) ? security : number === 587 ? "starttls" : number === 25 ? "none" : "tls",
    user: optionText(delivery, "username"),
    pass: optionText(delivery, "password"),
  };
}

function fromUrl(delivery: Pick<DeliveryRequest, "definition" | "values">): Given | undefined {
  const text = optionText(delivery, "smtp") ?? "";
  if (!URL.canParse(text)) return undefined;
  const url = new URL(text);
  if (!["smtp:", "smtps:"].includes(url.protocol)) return undefined;
  const named = url.searchParams.get("security");
  return {
    host: url.hostname.replace(/^\[|\]$/g, ""),
    port: url.port === "" ? undefined : Number(url.port),
    security: isSecurity(named) ? named : url.protocol === "smtps:" ? "tls" : "starttls",
    user: optionText(delivery, "username") ?? decode(url.username),
    pass: optionText(delivery, "password") ?? decode(url.password),
  };
}

function isSecurity(value: unknown): value is Security {
  return value === "tls" || value === "starttls" || value === "none";
}

/** A part of a URL; as it stands where a bare `%` keeps it from being decoded. */
function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
