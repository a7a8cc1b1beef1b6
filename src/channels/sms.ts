import type { Channel, ChannelProblem, Delivery, DeliveryRequest } from "../outbox/channel.ts";
import { recipientsOf } from "../outbox/recipients.ts";
import type { ChannelDefinition } from "../model/notification.ts";
import { checkHttpOptions, optionText, type OptionRules } from "./definition.ts";
import { quote } from "./scrub.ts";
import { smsText } from "./sms-text.ts";
import { twilioClient, type TwilioClient } from "./twilio-client.ts";
import { isSuccess, judgeBody, verdictOf } from "./verdict.ts";

const HOUR_MS = 60 * 60 * 1000;
/** Above this age an SMS says what is no longer so: Twilio drops it, and so do we. */
const VALID_MS = 4 * HOUR_MS;

const NUMBER: OptionRules[string]["like"] = [
  /^(\+\d[\d ]{5,18}|whatsapp:\+\d{6,18})$/,
  "must be a number with its country, such as +15005550006",
];

const RULES: OptionRules = {
  accountSid: { is: "text", required: true },
  authToken: { is: "text", required: true },
  from: { is: "text" },
  messagingServiceSid: { is: "text", like: [/^MG[0-9a-f]{32}$/i, "must be MG and 32 hexadecimal digits"] },
  to: { is: "texts", required: true, secrets: true, like: NUMBER },
  maxSegments: { is: "number" },
  edge: { is: "text" },
  region: { is: "text" },
  baseUrl: { is: "url" },
};

/**
 * SMS through Twilio. Its answer means queued, not received. There is no
 * idempotency key: after an ambiguous attempt the account's list is asked
 * whether the message is in it.
 */
export const sms: Channel = {
  type: "sms",
  ambiguous: "hold good news",
  isForPeople: true,
  check,
  recipients: recipientsOf,
  send,
  preview: bodyOf,
  find,
};

function check(definition: ChannelDefinition): readonly ChannelProblem[] {
  const senders = ["from", "messagingServiceSid"].filter((each) => definition[each] !== undefined);
  const message = "give the number that it is sent from, or messagingServiceSid, and not both";
  return [...checkHttpOptions(definition, RULES), ...(senders.length === 1 ? [] : [{ path: "from", message }])];
}

async function send(delivery: DeliveryRequest): Promise<Delivery> {
  const account = accountOf(delivery);
  if ("outcome" in account) return account;
  const body = await bodyOf(delivery);
  if (body.trim() === "") return { outcome: "permanent", code: "EMPTY", note: "the message is empty" };
  const from = optionText(delivery, "from");
  const service = optionText(delivery, "messagingServiceSid");
  const { client, last } = await twilioClient(account.sid, account.token, delivery);
  try {
    await client.messages.create({
      to: delivery.recipient,
      body,
      validityPeriod: VALID_MS / 1000,
      ...(service === undefined ? {} : { messagingServiceSid: service }),
      ...(service !== undefined || from === undefined ? {} : { from }),
    });
  } catch {
    // Judged by the answer itself: the library's error may repeat numbers and credentials.
  }
  return outcomeOf(last(), delivery);
}

/** Looks in the account's list for the message of an earlier attempt. */
async function find(delivery: DeliveryRequest): Promise<"arrived" | "absent" | "unknown"> {
  const account = accountOf(delivery);
  if ("outcome" in account) return "unknown";
  const body = await bodyOf(delivery);
  const { client, last } = await twilioClient(account.sid, account.token, delivery);
  try {
    const sent = await client.messages.list({ to: delivery.recipient, limit: 50, pageSize: 50 });
    const since = (delivery.createdAt ?? 0) - 60_000;
    // A trial account puts words of its own before the text.
    const found = sent.some((each) => each.body.endsWith(body) && each.dateCreated.getTime() >= since);
    return found ? "arrived" : "absent";
  } catch {
    return last().answer?.status === 200 ? "absent" : "unknown";
  }
}

type Account = { readonly sid: string; readonly token: string } | (Delivery & { readonly outcome: "permanent" });

function accountOf(delivery: DeliveryRequest): Account {
  const sid = optionText(delivery, "accountSid") ?? "";
  const token = optionText(delivery, "authToken") ?? "";
  if (/^AC\w+$/.test(sid) && token !== "") return { sid, token };
  const note = token === "" ? "the auth token is empty" : "the account's SID does not start with AC";
  return { outcome: "permanent", code: "BAD_ACCOUNT", note, help: "take both from the first page of Twilio's console" };
}

async function bodyOf(delivery: DeliveryRequest): Promise<string> {
  const { SegmentedMessage } = await import("./segmented-message.ts");
  const most = delivery.definition["maxSegments"];
  const segments = typeof most === "number" && most >= 1 && most <= 10 ? Math.floor(most) : 2;
  return smsText(delivery, segments, (text) => new SegmentedMessage(text).segmentsCount);
}

/** Twilio's codes in words. The HTTP status decides; a code only tells what to do, or that waiting helps. */
const CODES: Readonly<Record<number, readonly [note: string, help?: string]>> = {
  20003: ["the account's SID or token is wrong", "set both secrets again"],
  21211: ["the number it goes to is not a phone number"],
  21212: ["the number it comes from is not valid"],
  21408: ["the account may not send to that country", "allow the country in Twilio's console"],
  21606: ["the number it comes from cannot send SMS, or is not the account's"],
  21608: ["a trial account sends only to numbers it has verified", "verify the number in Twilio's console"],
  21610: ["the receiver has opted out"],
  21612: ["there is no route from the one number to the other"],
  21614: ["the number it goes to cannot take SMS"],
  21617: ["the text is too long"],
  21703: ["the messaging service has no number to send from"],
};

/** The queue of the sending number is full (21611); too many requests (20429). */
const WAIT_CODES = [21611, 20429];

function outcomeOf({ answer, failure }: ReturnType<TwilioClient["last"]>, delivery: DeliveryRequest): Delivery {
  if (failure !== undefined) return failure;
  if (answer === undefined) return { outcome: "transient", code: "NO_ANSWER", note: "nothing was sent" };
  if (isSuccess(answer)) {
    const judged = judgeBody(answer, (said) => quote(said, delivery));
    return judged.outcome === "delivered" ? { ...judged, note: "accepted by Twilio" } : judged;
  }
  const code = Number(/"code"\s*:\s*(\d{4,6})/.exec(answer.body)?.[1] ?? Number.NaN);
  const [words, help] = CODES[code] ?? [quote(Number.isNaN(code) ? "" : `Twilio's code ${code}`, delivery)];
  const verdict = verdictOf(answer, delivery.at ?? Date.now(), words);
  if (verdict.outcome === "delivered" || verdict.outcome === "ambiguous") return verdict;
  const named = Number.isNaN(code) ? verdict : { ...verdict, code: `TWILIO_${code}` };
  if (WAIT_CODES.includes(code)) return waitingFor(code, verdict);
  return named.outcome === "permanent" && help !== undefined ? { ...named, help } : named;
}

function waitingFor(code: number, verdict: Delivery & { readonly outcome: "transient" | "permanent" }): Delivery {
  const pause = "retryAfterMs" in verdict ? { retryAfterMs: verdict.retryAfterMs } : {};
  return { outcome: "transient", code: `TWILIO_${code}`, note: verdict.note, ...pause };
}
