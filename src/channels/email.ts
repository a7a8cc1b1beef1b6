import type { ChannelDefinition } from "../model/notification.ts";
import type { Channel, ChannelProblem, Delivery, DeliveryRequest } from "../outbox/channel.ts";
import { recipientsOf } from "../outbox/recipients.ts";
import { checkOptions, type OptionRules } from "./definition.ts";
import { emailOf } from "./email-message.ts";
import { quote } from "./scrub.ts";
import { smtpServer } from "./smtp-server.ts";

const ADDRESS: OptionRules[string]["like"] = [/^[^\r\n]*[^\s@<>]+@[^\s@<>]+>?$/, "must be a mail address"];

const RULES: OptionRules = {
  smtp: { is: "text", like: [/^smtps?:\/\/[^\s/]/i, "must begin with smtps:// or smtp://"] },
  host: { is: "text" },
  port: { is: "number", between: [1, 65_535] },
  security: { is: "text", oneOf: ["tls", "starttls", "none"] },
  username: { is: "text" },
  password: { is: "text" },
  from: { is: "text", required: true, like: ADDRESS },
  to: { is: "texts", required: true, secrets: true, like: ADDRESS },
  cc: { is: "texts", secrets: true, like: ADDRESS },
  bcc: { is: "texts", secrets: true, like: ADDRESS },
  replyTo: { is: "text", like: ADDRESS },
  subject: { is: "text" },
  headers: { is: "headers" },
};

/**
 * Mail over SMTP: `smtp` as a URL, or `host`, `port` and `security`. Each
 * receiver is a delivery of its own, for a server may take one and refuse
 * another. Success is the server's answer to the whole mail, and nothing later.
 */
export const email: Channel = {
  type: "email",
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
  return [...checkOptions(definition, RULES), ...(servers.length === 1 ? [] : [{ path: "smtp", message }])];
}

async function send(delivery: DeliveryRequest): Promise<Delivery> {
  const server = smtpServer(delivery);
  if (server === undefined) {
    const help = "for example smtps://user:password@mail.example.com";
    return { outcome: "permanent", code: "BAD_SERVER", note: "the mail server's address cannot be read", help };
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
  const { code, responseCode, response } = fieldsOf(error);
  const help = HELP[code] === undefined ? {} : { help: HELP[code] };
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
  return { outcome: "transient", code, note: NOTES[code] ?? "the connection to the mail server failed" };
}

const NOTES: Readonly<Record<string, string>> = {
  EDNS: "the mail server's name is not known",
  ETIMEDOUT: "the mail server did not answer in time",
  ETLS: "no secure connection to the mail server",
  ESOCKET: "the mail server cannot be reached, or its certificate is not trusted",
  ECONNECTION: "the mail server closed the connection",
};

function fieldsOf(error: unknown): {
  readonly code: string;
  readonly responseCode: number | undefined;
  readonly response: string;
} {
  const fields = (error instanceof Error ? error : {}) as Readonly<Record<string, unknown>>;
  const { code, responseCode, response } = fields;
  return {
    code: typeof code === "string" ? code : "NETWORK",
    responseCode: typeof responseCode === "number" && responseCode >= 400 ? responseCode : undefined,
    response: typeof response === "string" ? response : "",
  };
}
