import type { RequestClient, Twilio } from "twilio";
import type { Delivery, DeliveryRequest } from "../outbox/channel.ts";
import { isHttpUrl, optionText } from "./definition.ts";
import { exchange } from "./exchange.ts";
import type { HttpAnswer } from "./route.ts";

/** Twilio's library on our own transport, and what became of its last request. */
export interface TwilioClient {
  readonly client: Twilio;
  readonly last: () => { readonly answer?: HttpAnswer | undefined; readonly failure?: Delivery | undefined };
}

/** The part that we use of what the library gives its transport. */
interface TwilioRequest {
  readonly method: string;
  readonly uri: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly params?: Record<string, unknown>;
  readonly data?: Record<string, unknown>;
}

/**
 * Loads Twilio's library and makes a client. The library's own transport is not
 * used: it takes `HTTP_PROXY` for https, follows `Retry-After` nowhere, and its
 * errors hold the credentials.
 *
 * Requests go to https://api.twilio.com, or to the definition's `baseUrl`, or
 * where the environment's `FLOWCTL_TWILIO_URL` points (an emulator).
 */
export async function twilioClient(
  accountSid: string,
  authToken: string,
  delivery: DeliveryRequest,
): Promise<TwilioClient> {
  const { default: twilio } = await import("twilio");
  const base = optionText(delivery, "baseUrl") ?? delivery.environment["FLOWCTL_TWILIO_URL"];
  let last: ReturnType<TwilioClient["last"]> = {};
  const httpClient = {
    async request(options: TwilioRequest) {
      const basic = Buffer.from(`${accountSid}:${authToken}`).toString("base64");
      const query = formOf(options.params);
      last = await exchange(
        {
          method: options.method === "get" ? "GET" : "POST",
          url: moved(options.uri, base) + (query === "" ? "" : `?${query}`),
          headers: { ...options.headers, Authorization: `Basic ${basic}` },
          ...(options.method === "get" ? {} : { body: formOf(options.data) }),
        },
        delivery,
      );
      if (last.answer === undefined) throw new Error("no answer");
      return { statusCode: last.answer.status, body: jsonOf(last.answer.body), headers: {} };
    },
  };
  // Set, and not left out: the library would take each of these from the process's environment.
  const client = twilio(accountSid, authToken, {
    httpClient: httpClient as unknown as RequestClient,
    edge: optionText(delivery, "edge") ?? "",
    region: optionText(delivery, "region") ?? "",
    logLevel: "",
    autoRetry: false,
  });
  return { client, last: () => last };
}

/** A URL of Twilio's at another base. */
function moved(uri: string, base: string | undefined): string {
  if (base === undefined || base === "" || !isHttpUrl(base)) return uri;
  const { pathname, search } = new URL(uri);
  return `${base.replace(/\/$/, "")}${pathname}${search}`;
}

function formOf(data: Record<string, unknown> | undefined): string {
  const pairs = Object.entries(data ?? {}).flatMap(([key, value]) =>
    typeof value === "string" || typeof value === "number" ? [[key, String(value)] as [string, string]] : [],
  );
  return new URLSearchParams(pairs).toString();
}

/** The library takes a parsed body, and a text for a page that is not JSON. */
function jsonOf(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return body;
  }
}
