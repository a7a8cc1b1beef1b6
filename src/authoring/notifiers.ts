import { userError } from "../model/error.ts";
import type { ChannelDefinition, SecretReference } from "../model/notification.ts";
import { NOTIFIER, isWanted, type Notifier } from "../model/notifier.ts";
import { isStateType, STATE_TYPES, type State, type StateType } from "../model/state.ts";
import type { HandlerContext } from "../model/task.ts";
import { nearest } from "./nearest.ts";

/** What every notifier may be told. */
export interface NotifierOptions {
  /** Families of states that are told: `Failed` includes TimedOut and TriggerFailed. @default all */
  readonly onlyStates?: readonly StateType[];
  /** Families that are not told; looked at first. */
  readonly ignoreStates?: readonly StateType[];
  /** A channel of the config by name, in the place of the notifier's own options. */
  readonly channel?: string;
  /** Also tell of each failed attempt that will be retried. @default false */
  readonly attempts?: boolean;
  /** A text in the place of the usual headline. */
  readonly message?: string;
}

/**
 * Prefect's own ways: every transition is told at once and waited for, and a
 * message that is not taken fails the task or flow it speaks of.
 */
export interface StrictOptions {
  readonly strict: true;
}

/** A state handler for tasks and flows alike. */
export type AnyHandler = (subject: unknown, from: State, to: State, context: HandlerContext) => Promise<State>;

/** A function that makes a notifier of its options, or a handler where they say `strict`. */
interface MakeNotifier<Options> {
  (options: Options & StrictOptions): AnyHandler;
  (options?: Options): Notifier;
}

/** Options of notifiers that speak HTTP. */
export interface HttpNotifierOptions {
  /** Proxies' URLs, by the scheme of what is asked for. @default those of the environment */
  readonly proxies?: ProxyUrls;
}

/** A URL with a login in it is kept as a secret. */
export interface ProxyUrls {
  readonly http?: string | SecretReference;
  readonly https?: string | SecretReference;
}

export interface SlackNotifierOptions extends NotifierOptions, HttpNotifierOptions {
  /** The secret that holds the webhook's URL. @default "SLACK_WEBHOOK_URL" */
  readonly webhookSecret?: string;
}

export interface SmsNotifierOptions extends NotifierOptions {
  readonly to?: string | readonly string[];
  readonly from?: string;
  readonly messagingServiceSid?: string;
  /** @default "TWILIO_ACCOUNT_SID" */
  readonly accountSidSecret?: string;
  /** @default "TWILIO_AUTH_TOKEN" */
  readonly authTokenSecret?: string;
}

export interface EmailNotifierOptions extends NotifierOptions {
  readonly to?: string | readonly string[];
  /** @default the name the mail server is told, which is a secret */
  readonly from?: string;
  /** With `${{ }}` expressions. */
  readonly subject?: string;
  /** @default "smtp.gmail.com" */
  readonly host?: string;
  /** @default 465 */
  readonly port?: number;
  /** @default "tls" */
  readonly security?: "tls" | "starttls" | "none";
  /** @default "EMAIL_USERNAME" */
  readonly usernameSecret?: string;
  /** @default "EMAIL_PASSWORD" */
  readonly passwordSecret?: string;
}

export interface WebhookNotifierOptions extends NotifierOptions, HttpNotifierOptions {
  /** The secret that holds the URL. @default "WEBHOOK_URL" */
  readonly urlSecret?: string;
  /** The secret that signs each message. @default unsigned */
  readonly signingSecret?: string;
  /** The body: a text, or data that is sent as JSON, with `${{ }}` expressions. @default flowctl's own */
  readonly body?: unknown;
}

const MAKERS = new Set<unknown>();

/** Tells a Slack channel of changes of state. */
export const slackNotifier = make<SlackNotifierOptions>("slackNotifier", ["webhookSecret", "proxies"], (options) => ({
  type: "slack",
  url: { secret: options.webhookSecret ?? "SLACK_WEBHOOK_URL" },
  ...(options.proxies === undefined ? {} : { proxies: options.proxies }),
}));

/** Tells people of changes of state by SMS, through Twilio. */
export const smsNotifier = make<SmsNotifierOptions>(
  "smsNotifier",
  ["to", "from", "messagingServiceSid", "accountSidSecret", "authTokenSecret"],
  (options) => ({
    type: "sms",
    to: required("smsNotifier", "to", options.to),
    ...(options.from === undefined ? {} : { from: options.from }),
    ...(options.messagingServiceSid === undefined ? {} : { messagingServiceSid: options.messagingServiceSid }),
    accountSid: { secret: options.accountSidSecret ?? "TWILIO_ACCOUNT_SID" },
    authToken: { secret: options.authTokenSecret ?? "TWILIO_AUTH_TOKEN" },
  }),
);

const EMAIL_OPTIONS = ["to", "from", "subject", "host", "port", "security", "usernameSecret", "passwordSecret"];

/** Tells people of changes of state by mail. */
export const emailNotifier = make<EmailNotifierOptions>("emailNotifier", EMAIL_OPTIONS, (options) =>
  mailOf(options, required("emailNotifier", "to", options.to)),
);

/**
 * Mail through Gmail, by default to the account itself.
 * Source: Prefect 1.x, `gmail_notifier`.
 */
export const gmailNotifier = make<EmailNotifierOptions>("gmailNotifier", EMAIL_OPTIONS, (options) =>
  mailOf(options, options.to ?? { secret: options.usernameSecret ?? "EMAIL_USERNAME" }),
);

function mailOf(options: EmailNotifierOptions, to: string | readonly string[] | SecretReference): ChannelDefinition {
  const { from, host = "smtp.gmail.com", port = 465, security = "tls", subject } = options;
  const { usernameSecret = "EMAIL_USERNAME", passwordSecret = "EMAIL_PASSWORD" } = options;
  const isOpen = security === "none" && options.usernameSecret === undefined;
  return {
    type: "email",
    to,
    from: from ?? { secret: usernameSecret },
    host,
    port,
    security,
    ...(subject === undefined ? {} : { subject }),
    ...(isOpen ? {} : { username: { secret: usernameSecret }, password: { secret: passwordSecret } }),
  };
}

/** Posts changes of state to a URL, signed where a secret for it is named. */
export const webhookNotifier = make<WebhookNotifierOptions>(
  "webhookNotifier",
  ["urlSecret", "signingSecret", "proxies", "body"],
  (options) => ({
    type: "webhook",
    ...(options.proxies === undefined ? {} : { proxies: options.proxies }),
    url: { secret: options.urlSecret ?? "WEBHOOK_URL" },
    ...(options.signingSecret === undefined ? {} : { secret: { secret: options.signingSecret } }),
    ...(options.body === undefined ? {} : { body: options.body }),
  }),
);

/** All notifiers by the names that config knows them by: `uses: slackNotifier`. */
export const NOTIFIERS: Readonly<
  Record<string, (options: Readonly<Record<string, unknown>>) => Notifier | AnyHandler>
> = {
  slackNotifier: (options) => slackNotifier(options),
  smsNotifier: (options) => smsNotifier(options),
  emailNotifier: (options) => emailNotifier(options),
  gmailNotifier: (options) => gmailNotifier(options),
  webhookNotifier: (options) => webhookNotifier(options),
};

/**
 * A state handler that calls `notify` with the subject and its new state, where
 * `check` answers exactly true; it never replaces the state.
 * Source: Prefect 1.x, `callback_factory`.
 */
export function callbackFactory<Subject = unknown>(
  notify: (subject: Subject, to: State) => unknown,
  check: (to: State) => boolean,
): (subject: Subject, from: State, to: State) => Promise<State> {
  return async (subject, _from, to) => {
    // Exactly true, as there: a truthy answer is usually a mistake.
    if ((check(to) as unknown) === true) await notify(subject, to);
    return to;
  };
}

const COMMON = ["onlyStates", "ignoreStates", "channel", "attempts", "message", "strict"];

function make<Options extends NotifierOptions>(
  name: string,
  own: readonly string[],
  definitionOf: (options: Options) => ChannelDefinition,
): MakeNotifier<Options> {
  const build = (given?: Options & Partial<StrictOptions>): Notifier | AnyHandler => {
    const options = given ?? ({} as Options & Partial<StrictOptions>);
    check(name, [...COMMON, ...own], options);
    const { onlyStates, ignoreStates, attempts, message, strict } = options;
    const notifier: Notifier = {
      [NOTIFIER]: true,
      to: options.channel ?? definitionOf(options),
      ...(onlyStates === undefined ? {} : { onlyStates }),
      ...(ignoreStates === undefined ? {} : { ignoreStates }),
      ...(attempts === undefined ? {} : { attempts }),
      ...(message === undefined ? {} : { message }),
    };
    return strict === true ? strictly(notifier) : notifier;
  };
  MAKERS.add(build);
  return build as MakeNotifier<Options>;
}

/** Whether a value is `slackNotifier` itself, which was not called. */
export function isNotifierMaker(value: unknown): boolean {
  return MAKERS.has(value);
}

function strictly(notifier: Notifier): AnyHandler {
  return async (_subject, from, to, context) => {
    if (!isWanted(notifier, to.type)) return to;
    const { runId, flowName, taskName, attempt, mapIndex } = context;
    const alert = {
      subject: taskName === undefined ? ("flow" as const) : ("task" as const),
      flow: flowName,
      runId,
      // `load[3]` is the task `load`: its index stands beside it.
      ...(taskName === undefined ? {} : { task: mapIndex === undefined ? taskName : taskName.replace(/\[\d+\]$/, "") }),
      ...(mapIndex === undefined ? {} : { mapIndex }),
      from: from.type,
      to: to.type,
      summary: to.message,
      attempt,
      // The outbox dates it: nothing here knows the time.
      at: 0,
      ...(notifier.message === undefined ? {} : { text: notifier.message }),
    };
    await context.notify({ to: notifier.to, message: { kind: "alert", alert } });
    return to;
  };
}

function check(name: string, known: readonly string[], options: NotifierOptions): void {
  for (const key of Object.keys(options)) {
    if (known.includes(key)) continue;
    const near = nearest(key, known);
    if (/^backend_?info$/i.test(key))
      throw wrong(
        `${name} has no option "${key}".`,
        "There is no backend to link to: every message names the run, the command that shows it and the CI's page.",
      );
    throw wrong(
      `${name} has no option "${key}".`,
      near === undefined ? `Options: ${known.join(", ")}.` : `Did you mean "${near}"?`,
    );
  }
  for (const option of ["onlyStates", "ignoreStates"] as const) {
    const states: unknown = options[option] ?? [];
    if (!Array.isArray(states))
      throw wrong(`${name}: "${option}" must be a list of states.`, 'For example ["Failed"].');
    for (const each of states as readonly unknown[]) {
      if (isStateType(each)) continue;
      const near = typeof each === "string" ? nearest(each, STATE_TYPES) : undefined;
      throw wrong(
        `${name}: there is no state ${JSON.stringify(each)} (in "${option}").`,
        near === undefined ? `States: ${STATE_TYPES.join(", ")}.` : `Did you mean "${near}"?`,
      );
    }
  }
}

function required<T>(name: string, option: string, value: T | undefined): T {
  if (value !== undefined) return value;
  throw wrong(`${name} needs "${option}".`, `Give it, or name a channel of the config: ${name}({ channel: "…" }).`);
}

function wrong(message: string, help: string): Error {
  return userError("usage", "NOTIFIER_OPTION", message, { help });
}
