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

/** Whether the status is one of success. */
export function isSuccess({ status }: Pick<HttpAnswer, "status">): boolean {
  return status >= 200 && status < 300;
}

/** The start of an HTML or XML page: the answer of a portal, a proxy or a web server, and not of a webhook. */
const PAGE = /^\s*(?:<!doctype|<!--|<\?xml|<(?:html|head|body|title)\b)/i;
/** A service's code for an error, such as `channel_not_found`. */
const ERROR_CODE = /^[a-z]+(?:_[a-z0-9]+)+$/;
/** Words of an error in a sentence. */
const ERROR_WORDS =
  /\b(?:errors?|fail(?:ed|ure|s)?|invalid|denied|forbidden|unauthori[sz]ed|exception|not (?:found|allowed)|unavailable|rate.?limit(?:ed)?|too many|expired|disabled|refused|rejected)\b/i;
/** Words of an error that passes by itself. */
const PASSING =
  /\b(?:408|429|5\d\d)\b|rate.?_?limit|too.?_?many|time(?:d.?_?)?.?_?out|unavailable|internal.?_?error|fatal_error|temporar|try.?_?again|rollup_error/i;

/**
 * Judges a 2xx answer by its body: the message is delivered unless the body says otherwise. It says so with a page, with
 * a JSON object that reports an error (`ok` or `success` false, a set `error`, `errors` or `error_code`, a failed
 * `status`, a `message` with the `code` of an error), or with the text of an error.
 * @param show makes the service's own text safe to show; an empty answer leaves it out
 */
export function judgeBody(answer: HttpAnswer, show: (said: string) => string): Delivery {
  const { status } = answer;
  const body = answer.body.replace(/^\uFEFF/, "").trim();
  if (PAGE.test(body)) {
    const note = `HTTP ${status} with a web page, and not the service's answer`;
    return { outcome: "transient", code: "STRANGE_ANSWER", note };
  }
  const said = errorIn(body);
  if (said === undefined) return { outcome: "delivered" };
  const shown = show(said);
  const note = `HTTP ${status}, but the answer reports an error${shown === "" ? "" : `: ${shown}`}`;
  return { outcome: PASSING.test(said) ? "transient" : "permanent", code: "REPORTED_ERROR", note };
}

/** The error that a body reports: its text, empty where it has none; undefined where it reports no error. */
function errorIn(body: string): string | undefined {
  if (!body.startsWith("{")) return ERROR_CODE.test(body) || ERROR_WORDS.test(body.slice(0, 4096)) ? body : undefined;
  let fields: Readonly<Record<string, unknown>>;
  try {
    fields = JSON.parse(body) as Readonly<Record<string, unknown>>;
  } catch {
    // A body that was cut, or no JSON after all.
    return ERROR_WORDS.test(body.slice(0, 4096)) ? body : undefined;
  }
  const { ok, success, status, error, errors, error_code: errorCode, code, message, id, sid } = fields;
  const isCoded = code !== undefined && code !== null && code !== 0 && typeof message === "string";
  const reports =
    ok === false ||
    success === false ||
    isSet(error) ||
    isSet(errors) ||
    isSet(errorCode) ||
    (typeof status === "string" && /^(?:error|failed|failure|undelivered|canceled)$/i.test(status)) ||
    (isCoded && id === undefined && sid === undefined && ok !== true && success !== true);
  return reports ? ([error, errors, message, errorCode].flatMap(textOf)[0] ?? "") : undefined;
}

function isSet(value: unknown): boolean {
  if (Array.isArray(value)) return value.length > 0;
  return value !== undefined && value !== null && value !== false && value !== "" && value !== 0;
}

function textOf(value: unknown): readonly string[] {
  if (typeof value === "string" || typeof value === "number") return value === "" ? [] : [String(value)];
  if (Array.isArray(value)) return value.flatMap(textOf).slice(0, 1);
  return typeof value === "object" && value !== null && "message" in value ? textOf(value.message) : [];
}

/**
 * What an HTTP status means: 2xx is delivered, 429, 408, 425 and 5xx are
 * transient, other 4xx permanent; a redirect is a portal or a proxy in
 * between, never the service.
 * @param said the service's own words, already safe to show
 */
export function verdictOf(answer: HttpAnswer, now: number, said = ""): Delivery {
  const { status } = answer;
  const words = said === "" ? "" : `: ${said}`;
  const code = `HTTP_${status}`;
  if (isSuccess(answer)) return { outcome: "delivered" };
  if (status >= 300 && status < 400) {
    return { outcome: "transient", code, note: `HTTP ${status}: sent elsewhere, by a portal or proxy` };
  }
  if (status === 407) return { outcome: "transient", code: "PROXY", note: "the proxy answered 407" };
  const wait = retryAfterMs(answer, now);
  const pause = wait === undefined ? {} : { retryAfterMs: wait };
  if (status === 429) return { outcome: "transient", code, note: `HTTP 429: too many messages${words}`, ...pause };
  if (status === 408 || status === 425 || status >= 500 || status < 200) {
    return { outcome: "transient", code, note: `HTTP ${status}${words}`, ...pause };
  }
  const help = HELP[status];
  return { outcome: "permanent", code, note: `HTTP ${status}${words}`, ...(help === undefined ? {} : { help }) };
}
