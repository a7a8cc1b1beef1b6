import type { ChannelDefinition } from "../model/notification.ts";
import type { Channel, ChannelProblem, Delivery, DeliveryRequest } from "../outbox/channel.ts";
import { addressesIn, recipientsOf } from "../outbox/recipients.ts";
import { connectionFault } from "./fault.ts";
import { checkOptions, type OptionRules } from "./definition.ts";
import { emailOf } from "./email-message.ts";
import { quote } from "./scrub.ts";
import { smtpServer } from "./smtp-server.ts";

const ADDRESS_FORM = /^[^\r\n]*[^\s@<>]+@[^\s@<>]+>?$/;
const ADDRESS: OptionRules[string]["like"] = [ADDRESS_FORM, "must be a mail address"];
/** One text may hold several addresses. */
const ADDRESSES: OptionRules[string]["like"] = [
  {
    test(text) {
      const all = addressesIn(text);
      return all.length > 0 && all.every((each) => ADDRESS_FORM.test(each));
    },
  },
  "must be a mail address",
];

const RULES: OptionRules = {
  smtp: { is: "text", like: [/^smtps?:\/\/[^\s/]/i, "must begin with smtps:// or smtp://"] },
  host: { is: "text" },
  port: { is: "number", between: [1, 65_535] },
  security: { is: "text", oneOf: ["tls", "starttls", "none"] },
  username: { is: "text" },
  password: { is: "text" },
  from: { is: "text", required: true, like: ADDRESS },
  to: { is: "texts", required: true, secrets: true, like: ADDRESSES },
  cc: { is: "texts", secrets: true, like: ADDRESSES },
  bcc: { is: "texts", secrets: true, like: ADDRESSES },
  replyTo: { is: "text", like: ADDRESS },
  subject: { is: "text", template: true },
  headers: { is: "headers" },
};

/**
 * Mail over SMTP: `smtp` as a URL, or `host`, `port` and `security`. Each
 * receiver is a delivery of its own, for a server may take one and refuse
 * another. Success is the server's answer to the whole mail, and nothing later.
 */
export const email: Channel = {
  type: "email",
  readsMarks: true,
  ambiguous: "resend",
  isForPeople: true,
  check,
  recipients: recipientsOf,
  send,
  preview,
};

function check(definition: ChannelDefinition): readonly ChannelProblem[] {
  const servers = ["smtp", "host"].filter((each) => definition[each] !== undefined);
  const message = 'give the server as smtp ("smtps://user:password@host") or as host, and not both';
  const isUnsafe = smtpServer({ definition, values: {} })?.isLoginUnsafe === true;
  return [
    ...checkOptions(definition, RULES),
    ...(servers.length === 1 ? [] : [{ path: "smtp", message }]),
    ...(isUnsafe ? [{ path: definition["smtp"] === undefined ? "security" : "smtp", message: UNSAFE }] : []),
  ];
}

const UNSAFE =
  'must not be "none" with a user name: the password would be sent without encryption; use "starttls" or "tls"';

async function send(delivery: DeliveryRequest): Promise<Delivery> {
  const server = smtpServer(delivery);
  if (server === undefined) {
    const help = "for example smtps://user:password@mail.example.com";
    return { outcome: "permanent", code: "BAD_SERVER", note: "the mail server's address cannot be read", help };
  }
  if (server.isLoginUnsafe) return { outcome: "permanent", code: "UNSAFE_LOGIN", note: `security ${UNSAFE}` };
  const several = addressesIn(delivery.recipient).length;
  if (several > 1) {
    // One answer would stand for all of them, and hide who was refused.
    const note = `the secret of a recipient holds ${several} addresses`;
    return { outcome: "permanent", code: "SEVERAL", note, help: "store each address as a secret of its own" };
  }
  let mail;
  try {
    mail = await emailOf(delivery);
  } catch {
    return { outcome: "permanent", code: "ATTACHMENT", note: "an attachment cannot be read" };
  }
  const { createTransport } = await import("nodemailer");
  let sent = false;
  // A connection that closes after the whole mail looks to the caller like one that never opened; the log tells them apart.
  const noting = {
    info: (entry: unknown) => {
      sent ||= typeof entry === "object" && entry !== null && "tnx" in entry && entry.tnx === "message";
    },
  };
  const transport = createTransport({ ...server, logger: noting });
  try {
    await transport.sendMail({ ...mail, signal: delivery.signal });
    return { outcome: "delivered", note: "accepted by the mail server" };
  } catch (error) {
    return judge(error, sent, delivery);
  } finally {
    transport.close();
  }
}

/** The head that people see, and the plain part. */
async function preview(delivery: DeliveryRequest): Promise<string> {
  const { from, to, cc, subject, messageId, text, html } = await emailOf(delivery);
  const part = typeof text === "string" ? text : typeof html === "string" ? html : "";
  const head = { From: from, To: to, Cc: cc, Subject: subject, "Message-ID": messageId };
  const lines = Object.entries(head).flatMap(([name, value]) => {
    const texts = [value].flat().filter((each) => typeof each === "string");
    return texts.length === 0 ? [] : [`${name}: ${texts.join(", ")}`];
  });
  return [...lines, "", part].join("\n");
}

const HELP: Readonly<Record<string, string>> = {
  EAUTH: "set the user name and password again; Gmail wants an app password",
  ETLS: 'check port and security: 465 goes with "tls", 587 with "starttls"',
};

/** Maps nodemailer's error at once: it holds the server's words and, in places, the conversation. */
function judge(error: unknown, sent: boolean, delivery: DeliveryRequest): Delivery {
  const { code, originalCode, responseCode, response } = fieldsOf(error);
  const help = HELP[code] === undefined ? {} : { help: HELP[code] };
  if (code === "ETLS" && responseCode !== undefined) {
    return { outcome: "permanent", code, note: "the mail server does not offer STARTTLS", ...help };
  }
  if (responseCode !== undefined) {
    const name = `SMTP_${responseCode}`;
    const note = quote(response === "" ? `the mail server answered ${responseCode}` : response, delivery);
    return responseCode >= 500
      ? { outcome: "permanent", code: name, note, ...help }
      : { outcome: "transient", code: name, note };
  }
  if (code === "EENVELOPE" || code === "EAUTH") {
    const note = code === "EAUTH" ? "the mail server takes no login of this kind" : "an address is not valid";
    return { outcome: "permanent", code, note, ...help };
  }
  if (sent) {
    return { outcome: "ambiguous", code: "CLOSED", note: "no answer after the whole mail; it may have arrived" };
  }
  const cause = connectionFault(originalCode);
  if (cause !== undefined) {
    const fix = originalCode.startsWith("ERR_SSL") ? `: ${HELP["ETLS"] ?? ""}` : "";
    return { outcome: "transient", code: originalCode, note: `${cause}${fix}` };
  }
  const { message } = error instanceof Error ? error : { message: "" };
  if (message.includes("Greeting never received"))
    return { outcome: "transient", code: "NO_GREETING", note: NO_GREETING };
  return { outcome: "transient", code, note: NOTES[code] ?? "the connection to the mail server failed" };
}

const NO_GREETING =
  'the mail server accepted the connection and said nothing in time; a port that speaks TLS at once (465) needs security: "tls"';

const NOTES: Readonly<Record<string, string>> = {
  EDNS: "the mail server's name is not known",
  ETIMEDOUT: "the mail server did not answer in time",
  ETLS: "no secure connection to the mail server",
  EPROTOCOL: "the port does not speak SMTP",
  ESOCKET: "the connection to the mail server broke",
  ECONNECTION: "the mail server closed the connection",
};

function fieldsOf(error: unknown): {
  readonly code: string;
  /** The code of Node or OpenSSL, where there is one. */
  readonly originalCode: string;
  readonly responseCode: number | undefined;
  readonly response: string;
} {
  const fields = (error instanceof Error ? error : {}) as Readonly<Record<string, unknown>>;
  const { code, originalCode, responseCode, response } = fields;
  return {
    originalCode: typeof originalCode === "string" ? originalCode : "",
    code: typeof code === "string" ? code : "NETWORK",
    responseCode: typeof responseCode === "number" && responseCode >= 400 ? responseCode : undefined,
    response: typeof response === "string" ? response : "",
  };
}
