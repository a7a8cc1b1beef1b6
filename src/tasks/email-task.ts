import type { TaskOptions } from "../authoring/task-options.ts";
import type { Message } from "../model/notification.ts";
import { messageOf } from "./message-of.ts";
import { NotificationTask, notificationFunction, type NotificationKind } from "./notification-task.ts";
import type { Destination, NotifyInputs } from "./notify-inputs.ts";

/** What a mail task takes. Lists of addresses are lists, or texts with commas. */
export interface EmailInputs extends NotifyInputs {
  readonly subject?: string | undefined;
  /** The HTML part. `message` is the plain one. */
  readonly msg?: string | undefined;
  /** The plain part, where it is not `message`. */
  readonly msgPlain?: string | undefined;
  readonly emailTo?: string | readonly string[] | undefined;
  readonly emailToCc?: string | readonly string[] | undefined;
  readonly emailToBcc?: string | readonly string[] | undefined;
  /** @default the secret EMAIL_USERNAME */
  readonly emailFrom?: string | undefined;
  /** @default "smtp.gmail.com" */
  readonly smtpServer?: string | undefined;
  /** @default 465 for SSL, 587 for STARTTLS, 25 for INSECURE */
  readonly smtpPort?: number | undefined;
  /** SSL: TLS from the start. INSECURE: no TLS, no login, no secret. @default "SSL" */
  readonly smtpType?: "SSL" | "STARTTLS" | "INSECURE" | undefined;
  /** @default "EMAIL_USERNAME" */
  readonly usernameSecret?: string | undefined;
  /** @default "EMAIL_PASSWORD" */
  readonly passwordSecret?: string | undefined;
  /** Paths of files. */
  readonly attachments?: readonly string[] | undefined;
}

const SECURITY = {
  SSL: { security: "tls", port: 465 },
  STARTTLS: { security: "starttls", port: 587 },
  INSECURE: { security: "none", port: 25 },
} as const;

const EMAIL: NotificationKind<EmailInputs> = {
  name: "email",
  inputs: [
    ...(["subject", "msg", "msgPlain", "emailTo", "emailToCc", "emailToBcc", "emailFrom", "smtpServer"] as const),
    ...(["smtpPort", "smtpType", "usernameSecret", "passwordSecret", "attachments"] as const),
  ],
  destination,
  message,
};

function destination(inputs: EmailInputs): Destination {
  const { smtpType = "SSL", smtpServer = "smtp.gmail.com" } = inputs;
  if (!Object.hasOwn(SECURITY, smtpType)) {
    throw new Error(`smtpType must be SSL, STARTTLS or INSECURE, not ${JSON.stringify(smtpType)}`);
  }
  const to = addresses(inputs.emailTo);
  if (to === undefined) throw new Error('nobody to send the mail to: give "emailTo", or a "channel"');
  const { security, port } = SECURITY[smtpType];
  const username = { secret: inputs.usernameSecret ?? "EMAIL_USERNAME" };
  const password = { secret: inputs.passwordSecret ?? "EMAIL_PASSWORD" };
  const from = inputs.emailFrom ?? (smtpType === "INSECURE" ? "notifications@localhost.localdomain" : username);
  const whom = { to, cc: addresses(inputs.emailToCc), bcc: addresses(inputs.emailToBcc), from };
  const server = { host: smtpServer, port: inputs.smtpPort ?? port, security };
  const login = smtpType === "INSECURE" ? {} : { username, password };
  return { definition: { type: "email", ...whom, ...server, ...login } };
}

function addresses(given: string | readonly string[] | undefined): readonly string[] | undefined {
  const list = (typeof given === "string" ? given.split(",") : (given ?? [])).map((each) => each.trim());
  const whole = list.filter((each) => each !== "");
  return whole.length === 0 ? undefined : whole;
}

/** A mail with parts of its own is a payload; a plain one is text with a subject. */
function message(inputs: EmailInputs, source: string | undefined): Message {
  const { subject, msg, attachments } = inputs;
  const said = inputs.msgPlain ?? inputs.message;
  const plain = said === undefined && msg !== undefined ? undefined : messageOf(said, source);
  if (plain?.kind === "payload") return plain;
  const text = plain?.kind === "text" ? plain.text : undefined;
  if (msg === undefined && attachments === undefined && plain?.kind === "text") {
    return { ...plain, ...(subject === undefined ? {} : { subject }) };
  }
  const parts = { subject, text, html: msg, attachments };
  return {
    kind: "payload",
    payload: Object.fromEntries(Object.entries(parts).filter(([, part]) => part !== undefined)),
  };
}

/**
 * Sends a mail, one to each recipient.
 * Source: Prefect 1.x, `EmailTask`.
 */
export class EmailTask extends NotificationTask<EmailInputs> {
  constructor(options: TaskOptions & Partial<EmailInputs> = {}) {
    super(EMAIL, options, "EmailTask");
  }
}

/** Sends a mail: `emailTask({ message, subject, emailTo })` inside a flow. */
export const emailTask = notificationFunction(EMAIL, (options) => new EmailTask(options));
