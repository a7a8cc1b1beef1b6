import type { Channel, Delivery, DeliveryRequest } from "../outbox/channel.ts";
import { MISTAKEN } from "../outbox/schedule.ts";
import { checkHttpOptions, isHttpUrl, optionText } from "./definition.ts";
import { exchange } from "./exchange.ts";
import type { HttpAnswer } from "./route.ts";
import { slackLadder, type SlackPayload } from "./slack-payload.ts";
import { isSuccess, judgeBody, verdictOf } from "./verdict.ts";

/**
 * Slack's incoming webhooks. They answer `ok`, triggers of workflows answer JSON. Slack takes one message a
 * second and has no idempotency key, so a repeat is marked as one.
 */
export const slack: Channel = {
  type: "slack",
  gapMs: 1100,
  ambiguous: "resend",
  isForPeople: true,
  readsMarks: true,
  check: (definition) =>
    checkHttpOptions(definition, {
      url: { is: "url", required: true },
      mention: { is: "texts", like: [MENTION, "must be here, channel, everyone, or the id of a user or a user group"] },
    }),
  recipients: () => [""],
  send,
  preview: (delivery) => JSON.stringify(slackLadder(delivery)[0], null, 2),
};

/** Slack's ids: of users from U or W, of user groups from S. */
const MENTION = /^(?:here|channel|everyone|[UWS][A-Z0-9]{2,20})$/;

/** Slack's words for a refusal: short, in small letters. Anything else is not shown, for it may repeat the URL. */
const SLACK_CODE = /^[a-z_]{2,60}$/;

const HELP: Readonly<Record<string, string>> = {
  no_service: "the webhook was removed or is disabled: make a new one in Slack and set its URL",
  no_active_hooks: "the webhook is disabled: enable it in Slack, or make a new one and set its URL",
  no_team: "the workspace is gone: make a webhook in another one and set its URL",
  team_disabled: "the workspace is disabled",
  channel_not_found: "the Slack channel is gone: make a new webhook and set its URL",
  channel_is_archived: "unarchive the Slack channel, or make a webhook for another one",
  invalid_token: "the webhook's URL is not valid any more: make a new one and set it",
  action_prohibited: "an administrator of the workspace has restricted posting",
  posting_to_general_channel_denied: "an administrator has restricted posting to this Slack channel",
};

async function send(delivery: DeliveryRequest): Promise<Delivery> {
  const url = optionText(delivery, "url");
  if (!isHttpUrl(url)) {
    const note = "the webhook's URL is not an http or https URL";
    return {
      outcome: "permanent",
      code: "BAD_URL",
      note,
      help: "set it again: it starts with https://hooks.slack.com/",
    };
  }
  const ladder = slackLadder(delivery);
  let refused: string | undefined;
  for (const [rung, payload] of ladder.entries()) {
    const result = await post(url, payload, delivery);
    if (result.outcome === "delivered" && refused !== undefined) {
      return {
        outcome: "delivered",
        note: `Slack refused the full message (${refused}); it was posted in a simpler form`,
      };
    }
    if (result.outcome !== "permanent" || !result.code.startsWith("SLACK_400") || rung === ladder.length - 1)
      return result;
    refused = result.note;
  }
  return { outcome: "permanent", code: "SLACK_400", note: "Slack refused the message" };
}

async function post(url: string, payload: SlackPayload, delivery: DeliveryRequest): Promise<Delivery> {
  const { IncomingWebhook } = await import("./incoming-webhook.ts");
  // The library's errors carry no headers and its results no status, so both are noted on the way through.
  let answer: HttpAnswer | undefined;
  let failure: Delivery | undefined;
  // No `Response`, no `Headers`: Node would load all of `fetch` for them.
  const noting = async (input: unknown, init?: RequestInit): Promise<Response> => {
    const request = {
      url: String(input),
      body: typeof init?.body === "string" ? init.body : "",
      headers: { ...(init?.headers as Record<string, string> | undefined) },
    };
    ({ answer, failure } = await exchange(request, delivery));
    if (answer === undefined) throw new Error("no answer");
    const { status, body } = answer;
    const ok = status >= 200 && status < 300;
    return { ok, status, statusText: "", text: () => Promise.resolve(body) } as unknown as Response;
  };
  const webhook = new IncomingWebhook(url, { fetch: noting, timeout: 0, retryConfig: { retries: 0 } });
  try {
    await webhook.send(payload);
  } catch {
    // What happened is in `answer` or `failure`; the library's error may hold the URL.
  }
  if (failure !== undefined) return failure;
  return answer === undefined
    ? { outcome: "transient", code: "STRANGE_ANSWER", note: "Slack's answer could not be read" }
    : judge(answer, delivery.at ?? Date.now());
}

function judge(answer: HttpAnswer, now: number): Delivery {
  let said = "";
  const code = (text: string): string => {
    said = SLACK_CODE.test(text) ? text : "";
    return said;
  };
  const verdict = isSuccess(answer) ? judgeBody(answer, code) : verdictOf(answer, now, code(answer.body.trim()));
  if (answer.status === 400 && verdict.outcome === "permanent") {
    return { ...verdict, code: "SLACK_400" };
  }
  // Slack warns that a part of what ended in a server error may have been done.
  if (answer.status === 500 && said !== "")
    return { outcome: "ambiguous", code: "HTTP_500", note: `HTTP 500: ${said}` };
  const help = Object.hasOwn(HELP, said) ? HELP[said] : undefined;
  if (verdict.outcome !== "permanent" || help === undefined) return verdict;
  // Seen from webhooks that were well, under load.
  return { ...verdict, help, ...(said === "no_service" && { code: MISTAKEN }) };
}
