import type { ChannelDefinition, Message } from "../model/notification.ts";

/** A service that takes messages: one file each in `channels/`. */
export interface Channel {
  readonly type: string;
  /** Checks a definition from config, without any network. @returns problems as sentences; none where it is right */
  check(definition: ChannelDefinition): readonly ChannelProblem[];
  /** Whom one message goes to: one outbox item each. A channel without recipients answers one empty name. */
  recipients(definition: ChannelDefinition): readonly string[];
  /** Sends one message once. It never throws and never retries. */
  send(delivery: DeliveryRequest): Promise<Delivery>;
  /** What would be sent, as text for people: the payload, or the mail's head and body. It touches no network. */
  preview(delivery: DeliveryRequest): string | Promise<string>;
  /** What is done with a message that may or may not have arrived and of which `find` knows nothing. @default "resend" */
  readonly ambiguous?: "resend" | "hold" | "hold good news";
  /** Asks the service whether the message of an earlier, ambiguous attempt arrived. It never throws. */
  find?(delivery: DeliveryRequest): Promise<"arrived" | "absent" | "unknown">;
  /** It tells the author's markup from values in a message. @default messages come to it without marks of values */
  readonly readsMarks?: true;
  /** People read it: after an outage one message may tell of many. @default each is sent, as a program counts on it */
  readonly isForPeople?: true;
  /** Milliseconds between two messages of one channel, where the service limits the rate. @default 0 */
  readonly gapMs?: number;
}

export interface ChannelProblem {
  /** The option that is wrong, as a path: `to[1]`. */
  readonly path: string;
  readonly message: string;
}

export interface DeliveryRequest {
  /** The outbox item's id: the idempotency key wherever the service takes one. */
  readonly id: string;
  readonly definition: ChannelDefinition;
  readonly recipient: string;
  readonly message: Message;
  /** 1 for the first. */
  readonly attempt: number;
  /** When the message was put in the outbox, epoch milliseconds: a late one says so. */
  readonly createdAt?: number;
  /** An earlier attempt may have arrived: a channel without an idempotency key marks it as a possible repeat. */
  readonly repeat?: true;
  /** Values of the secrets the definition names, and of `NotifyRequest.values`. */
  readonly values: Readonly<Record<string, string>>;
  /** Takes all known secrets out of a text, `values` included: a service may repeat what it was sent. */
  readonly redact: (text: string) => string;
  readonly signal: AbortSignal;
  /** The time of this attempt, epoch milliseconds. @default the system's clock */
  readonly at?: number;
  /** The state directory, for a channel that delivers into files. @default `FLOWCTL_STATE_DIR` of the environment */
  readonly stateDirectory?: string;
  /** Environment variables, for proxies and base URLs. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Those of them that hold secrets beside `FLOWCTL_SECRET_*`: for no program that was not given them. */
  readonly secretVariables?: readonly string[];
}

/** What became of one attempt. `note` is for people, redacted, one line. */
export type Delivery =
  | { readonly outcome: "delivered"; readonly note?: string }
  /** Worth trying again: network, 429, 5xx. */
  | { readonly outcome: "transient"; readonly code: string; readonly note: string; readonly retryAfterMs?: number }
  /** Will not work until a person changes something. */
  | { readonly outcome: "permanent"; readonly code: string; readonly note: string; readonly help?: string }
  /** May or may not have arrived. */
  | { readonly outcome: "ambiguous"; readonly code: string; readonly note: string };
