import { task } from "../authoring/task-function.ts";
import { exactJson, parseExactJson } from "../model/exact-json.ts";
import { parseDuration, writtenDuration, type Duration } from "../model/duration.ts";
import type { TaskContext } from "../model/task.ts";
import type { TextStream } from "./line-splitter.ts";
import { clockOf, pause } from "./pause.ts";

/** What `http` takes. */
export interface HttpInputs {
  readonly url: string;
  /** @default "GET"; "POST" where there is something to send */
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Sent as it is. */
  readonly body?: string;
  /** Sent as JSON. */
  readonly json?: unknown;
  /** Of each request with its answer. @default "30s" */
  readonly timeout?: Duration;
  /** How long in all it may wait when the service says to come back later. @default "60s" */
  readonly maxWait?: Duration;
  /** Statuses that are no failure. @default 200 to 299 */
  readonly accept?: readonly number[];
}

/** What a service answered. */
export interface HttpAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly text: string;
  /** The value of a JSON answer; undefined for any other. */
  readonly json: unknown;
}

/** A service that answered, but not what was wanted. */
export class HttpError extends Error {
  override readonly name = "HttpError";
  readonly status: number;
  /** The beginning of what it said. */
  readonly text: string;

  constructor(status: number, reason: string, text: string) {
    super(`HTTP ${status}${reason === "" ? "" : ` ${reason}`}`);
    this.status = status;
    this.text = text.slice(0, 2000);
    if (this.text !== "") this.stack = `${this.message}\n  | ${this.text.split("\n").join("\n  | ")}`;
  }
}

/** Answers that ask to come again later. */
const LATER = [429, 503];
/** How often a service may ask that. */
const ROUNDS = 5;

/**
 * Sends a request and answers what came back. Where the service asks to come again later
 * (429 or 503 with Retry-After), it waits so long and asks again.
 *
 * @throws HttpError for a status that is not accepted; Error where nobody answered
 */
export const http = task("http", async (inputs: HttpInputs, context): Promise<HttpAnswer> => {
  const limit = milliseconds(inputs.maxWait ?? "60s", "maxWait");
  const clock = clockOf(context);
  let waited = 0;
  for (let round = 1; ; round += 1) {
    const response = await send(inputs, context);
    const text = await response.text();
    if (isAccepted(response, inputs)) return answer(response, text);
    const later = LATER.includes(response.status) ? retryAfter(response, clock.now()) : undefined;
    if (later === undefined || waited + later > limit || round >= ROUNDS)
      throw new HttpError(response.status, response.statusText, withoutSecrets(text, context));
    waited += later;
    context.logger.info(`HTTP ${response.status}: asked to come again in ${Math.ceil(later / 1000)}s`);
    await pause(later, context);
  }
});

function isAccepted({ status, ok }: Response, { accept }: HttpInputs): boolean {
  return accept?.includes(status) ?? ok;
}

/** Goes through the environment's proxies, by the rules of curl. */
async function send(inputs: HttpInputs, context: TaskContext): Promise<Response> {
  const { signal } = context;
  const { url, headers = {}, body, json, method } = inputs;
  const timeout = milliseconds(inputs.timeout ?? "30s", "timeout");
  const content = json === undefined ? body : exactJson(json);
  const typed = json === undefined ? headers : { "content-type": "application/json", ...headers };
  try {
    const proxied = (await context.service("fetch")) as typeof fetch | undefined;
    return await (proxied ?? fetch)(url, {
      method: method ?? (content === undefined ? "GET" : "POST"),
      headers: typed,
      ...(content === undefined ? {} : { body: content }),
      signal: AbortSignal.any([signal, AbortSignal.timeout(timeout)]),
    });
  } catch (error) {
    signal.throwIfAborted();
    throw new Error(`${whereTo(url)}: ${whyNot(error, timeout)}`, { cause: error });
  }
}

function whyNot(error: unknown, timeout: number): string {
  if (!(error instanceof Error)) return String(error);
  if (error.name === "TimeoutError") return `no answer within ${writtenDuration(timeout)}`;
  // fetch says only that it failed; its cause says why.
  const cause = error.cause instanceof Error ? error.cause : error;
  const code = "code" in cause && typeof cause.code === "string" ? cause.code : "";
  return cause.message.includes(code) ? cause.message : `${code} ${cause.message}`.trim();
}

/** Host and path: a query or a password in a URL is nobody's business. */
function whereTo(url: string): string {
  try {
    const { host, pathname } = new URL(url);
    return `${host}${pathname}`;
  } catch {
    return "the URL cannot be read";
  }
}

function answer(response: Response, text: string): HttpAnswer {
  const isJson = /[/+]json\b/.test(response.headers.get("content-type") ?? "");
  return {
    status: response.status,
    headers: Object.fromEntries(response.headers),
    text,
    json: isJson && text !== "" ? parseExactJson(text) : undefined,
  };
}

/** Seconds, or a date. @returns milliseconds */
function retryAfter(response: Response, now: number): number | undefined {
  const header = response.headers.get("retry-after")?.trim();
  if (header === undefined || header === "") return undefined;
  const at = /^\d+$/.test(header) ? now + Number(header) * 1000 : Date.parse(header);
  return Number.isNaN(at) ? undefined : Math.max(at - now, 0);
}

function milliseconds(value: Duration, name: string): number {
  const read = parseDuration(value);
  if (read === undefined) throw new TypeError(`${name} must be a duration such as "30s", not ${JSON.stringify(value)}`);
  return read;
}

/** What a service repeats of a secret must be taken out before it is cut: the cut could end within it. */
function withoutSecrets(text: string, context: TaskContext): string {
  const clean = (context.service("redaction") as (() => TextStream) | undefined)?.();
  return clean === undefined ? text : clean.write(text) + clean.end();
}
