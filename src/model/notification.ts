import type { StateType } from "./state.ts";

/** The name of a secret where a value would stand: `{ secret: "SLACK_WEBHOOK_URL" }`. */
export interface SecretReference {
  readonly secret: string;
}

/** That and nothing else: a webhook's own options have a `secret`, too, which may be the text itself. */
export function isSecretReference(value: unknown): value is SecretReference {
  if (typeof value !== "object" || value === null || !("secret" in value)) return false;
  return typeof value.secret === "string" && Object.keys(value).length === 1;
}

/**
 * A destination: what config calls a channel. It is plain data, holds names of
 * secrets and never their values, and is frozen into each outbox item.
 */
export interface ChannelDefinition {
  readonly type: string;
  readonly [option: string]: unknown;
}

/** What is to be said. Each channel renders it within its own limits. */
export type Message =
  /**
   * Text; `literal` where none of it is the author's markup, such as an error's. Values of expressions in texts and
   * payloads have marks around them: see `value-marks.ts`.
   */
  | ({ readonly kind: "text"; readonly text: string; readonly literal?: true } & MessageTexts)
  /** A service's own payload, sent as it is (Slack blocks). */
  | { readonly kind: "payload"; readonly payload: Readonly<Record<string, unknown>> }
  /** A change of state. */
  | ({ readonly kind: "alert"; readonly alert: Alert } & MessageTexts);

/** Texts beside the message itself. */
export interface MessageTexts {
  /** The mail subject that the task or hook gives. */
  readonly subject?: string;
  /** The filled-in templates of the channel that the message is for. */
  readonly filled?: FilledTemplates;
}

/** A channel's own templates, filled in for one message. */
export interface FilledTemplates {
  /** Of mail. */
  readonly subject?: string;
  /** Of a webhook: the whole body, escaped. */
  readonly body?: { readonly text: string; readonly isJson: boolean };
}

/** A change of state of a run or a task, with all that a reader needs to act. Redacted before it is stored. */
export interface Alert {
  readonly subject: "flow" | "task";
  readonly flow: string;
  readonly runId: string;
  readonly task?: string;
  readonly mapIndex?: number;
  readonly from: StateType;
  readonly to: StateType;
  /** The state's message or the error's first line. */
  readonly summary: string | null;
  /** The whole error text, with its stack. */
  readonly detail?: string;
  /** Failed tasks of the run, those first that failed by themselves. */
  readonly failures?: readonly { readonly task: string; readonly type: StateType; readonly message: string | null }[];
  /** How many tasks failed, where `failures` does not list all of them. */
  readonly failureCount?: number;
  /** A mapped task's failed children, told in one message: how many of how many, and their distinct errors. */
  readonly group?: {
    readonly failed: number;
    /** Known once all have ended. */
    readonly total?: number;
    /** How many distinct errors there are, where `errors` does not list all of them. */
    readonly kinds?: number;
    readonly errors: readonly { readonly text: string; readonly count: number; readonly first: string }[];
  };
  readonly attempt?: number;
  readonly maxAttempts?: number;
  /** Set where not the state alone but the run's history is told. */
  readonly event?: "started" | "slow" | "recovered" | "stillFailing";
  /** Runs in a row that failed before this one. */
  readonly failedBefore?: number;
  /** How long ago the first of those ended, in milliseconds. */
  readonly failingForMs?: number;
  /** Set where nothing ran: load, spec, parameters, secrets, overlap. */
  readonly reason?: "refused";
  /** Epoch milliseconds. */
  readonly at: number;
  readonly durationMs?: number;
  readonly host?: string;
  readonly user?: string;
  /** Whose run it is: the declared name, else the path of the repository's root. */
  readonly project?: string;
  /** Who started it. */
  readonly startedBy?: "ci" | "cron" | "terminal" | "other";
  /** The hook or notifier's own words; stands in the place of the usual headline. */
  readonly text?: string;
  /** `text` is the author's markup but for the values marked in it. @default none of it is markup */
  readonly textHasMarkup?: true;
  readonly links?: readonly { readonly label: string; readonly url: string }[];
  /** The time zone in which times are shown. @default "UTC" */
  readonly timezone?: string;
  /** Commands to paste. */
  readonly next?: readonly string[];
}

/** Values that templates of messages read beside the change of state. */
export interface TemplateValues {
  readonly params?: Readonly<Record<string, unknown>>;
  /** Environment variables, those that templates name. */
  readonly env?: Readonly<Record<string, string>>;
}

/** What a task or a state handler asks to have told. */
export interface NotifyRequest {
  /** A channel of the config by name, or a definition made on the spot. */
  readonly to: string | ChannelDefinition;
  readonly message: Message;
  /** `now` waits for the delivery; `outbox` only until the message is safe on disk. @default "now" */
  readonly deliver?: "now" | "outbox";
  /** How long `now` waits for a channel, and then for its fallback, in milliseconds. @default 10000 */
  readonly waitMs?: number;
  /** Values the definition may not hold, such as a webhook URL from an upstream task. They stay in memory. */
  readonly values?: Readonly<Record<string, string>>;
}

export interface NotifyReceipt {
  readonly ids: readonly string[];
  readonly outcome: "delivered" | "queued";
}
