import type { Delivery } from "../outbox/channel.ts";
import type { HttpAnswer } from "./route.ts";

const SECOND = 1000;
const DAY = 24 * 60 * 60 * SECOND;

/** How long a service asks us to wait, from its `Retry-After` header or a JSON body's `retry_after`; 1 s to 24 h. */
export function retryAfterMs(answer: Pick<HttpAnswer, "headers" | "body">, now: number): number | undefined {
  const asked = ofHeader(answer.headers.get("retry-after"), now) ?? ofBody(answer.body);
  return asked === undefined ? undefined : Math.min(Math.max(asked, SECOND), DAY);
}

function ofHeader(value: string | null, now: number): number | undefined {
  if (value === null) return undefined;
  const text = value.trim();
  if (/^\d+(\.\d+)?$/.test(text)) return Math.ceil(Number(text) * SECOND);
  const date = Date.parse(text);
  return Number.isNaN(date) ? undefined : date - now;
}

/** Slack and Discord repeat the seconds in the body; Telegram nests them. */
function ofBody(body: string): number | undefined {
  const found = /"retry_after"\s*:\s*(\d+(?:\.\d+)?)/.exec(body.slice(0, 4096));
  return found === null ? undefined : Math.ceil(Number(found[1]) * SECOND);
}

/** What a person can do about a refusal. */
const HELP: Readonly<Record<number, string>> = {
  401: "check the channel's credentials",
  403: "check the channel's credentials and that the destination takes messages",
  404: "the destination does not exist any more: make a new one and set its URL",
  410: "the destination was closed: make a new one and set its URL",
};

/**
 * What an HTTP status other than the service's success means: 429, 408, 425 and
 * 5xx are transient, other 4xx permanent; a redirect is a portal or a proxy in
 * between, never the service.
 * @param said the service's own words, already safe to show
 */
export function verdictOf(answer: HttpAnswer, now: number, said = ""): Delivery {
  const { status } = answer;
  const words = said === "" ? "" : `: ${said}`;
  const code = `HTTP_${status}`;
  if (status >= 200 && status < 300) {
    return { outcome: "transient", code: "STRANGE_ANSWER", note: `HTTP ${status}, but not the service's answer` };
  }
  if (status >= 300 && status < 400) {
    return { outcome: "transient", code, note: `HTTP ${status}: sent elsewhere, by a portal or proxy` };
  }
  const wait = retryAfterMs(answer, now);
  const pause = wait === undefined ? {} : { retryAfterMs: wait };
  if (status === 429) return { outcome: "transient", code, note: `HTTP 429: too many messages${words}`, ...pause };
  if (status === 408 || status === 425 || status >= 500 || status < 200) {
    return { outcome: "transient", code, note: `HTTP ${status}${words}`, ...pause };
  }
  const help = HELP[status];
  return { outcome: "permanent", code, note: `HTTP ${status}${words}`, ...(help === undefined ? {} : { help }) };
}
