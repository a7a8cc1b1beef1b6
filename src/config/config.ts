import type { Hook, Match } from "../model/hook.ts";
import type { ChannelDefinition } from "../model/notification.ts";
import type { RetryPolicy } from "../model/retry.ts";
import type { StopSignal } from "../model/stop-policy.ts";
import type { TaskEntry } from "../spec/flow-schema.ts";
import type { Path, Source } from "../spec/source.ts";

/** What a person has configured: files, profile and environment merged and checked. */
export interface Config {
  /** The file that won; `undefined` where there is none. */
  readonly file: string | undefined;
  /** All files that were read: those it extends, then itself. */
  readonly files: readonly string[];
  /** The directories in which a config was looked for, nearest first. */
  readonly searched: readonly string[];
  /** Destinations by name; `inbox` is always among them. */
  readonly channels: Readonly<Record<string, ChannelDefinition>>;
  readonly hooks: readonly Hook[];
  readonly stateHandlers: { readonly flow: readonly HandlerRule[]; readonly task: readonly HandlerRule[] };
  /** Notification tasks that are attached to matching flows, by name. */
  readonly tasks: Readonly<Record<string, AttachedTask>>;
  readonly secrets: SecretsConfig;
  /** What runs belong to. @default the repository's root, else the package's */
  readonly project?: string;
  /** An absolute path. */
  readonly stateDir?: string;
  /** Tasks at a time. */
  readonly concurrency?: number;
  /** Of dates in expressions of flows that name none. */
  readonly timezone?: string;
  readonly pools: Readonly<Record<string, number>>;
  readonly defaults: TaskDefaults;
  /** How messages are sent; every duration in milliseconds. */
  readonly delivery: DeliveryConfig;
  /** Where each key came from: `channels.team` → file and line, or a variable. */
  readonly origins: ReadonlyMap<string, Origin>;
  /** Where each of those keys stands in which text, for diagnostics. */
  readonly places: ReadonlyMap<string, Place>;
}

/** Where a key of the config stands. */
export interface Place {
  readonly file: string;
  /** Absent for a module: it has no text to point into. */
  readonly source: Source | undefined;
  readonly path: Path;
}

/** A state handler that config adds to flows or tasks. */
export interface HandlerRule {
  /** A notifier flowctl ships, by name, or `./file.ts#export` with an absolute path. */
  readonly uses: string;
  readonly with: Readonly<Record<string, unknown>>;
  readonly match: Match;
}

/** A notification task that config attaches to every flow that matches. */
export interface AttachedTask {
  readonly uses: string;
  readonly with: Readonly<Record<string, unknown>>;
  readonly match: Match;
  /** A trigger's name, bounds, or an expression over task states. */
  readonly trigger?: TriggerText;
  /** Tasks of the flow it comes after. @default its terminal and reference tasks */
  readonly needs?: readonly string[];
  readonly retry?: RetryPolicy;
  /** Milliseconds. */
  readonly timeout?: number;
}

/** A trigger as it is written. */
export type TriggerText = NonNullable<TaskEntry["trigger"]>;

export interface SecretsConfig {
  /** The keychain's entries are kept apart by it. */
  readonly namespace?: string;
  /** Names of secrets with the variables that hold them. */
  readonly env?: Readonly<Record<string, string>>;
  /** The age-encrypted file, as an absolute path. */
  readonly file?: string;
  /** Milliseconds the keychain may take. */
  readonly timeout?: number;
  /** Which providers are asked, first hit wins. */
  readonly order?: readonly SecretProvider[];
  /** Secrets that come from one provider only. */
  readonly pins?: Readonly<Record<string, SecretProvider>>;
  /** Public keys for an encrypted file that does not exist yet. */
  readonly recipients?: readonly string[];
  /** Commands that print a value: a list is an argv, a text goes to a shell. */
  readonly exec?: Readonly<Record<string, string | readonly string[]>>;
  /** Plain files of `NAME=value` lines, as absolute paths. */
  readonly dotenv?: readonly string[];
}

/** Where the value of a secret can come from. */
export const SECRET_PROVIDERS = ["context", "env", "keychain", "file", "exec", "dotenv"] as const;
export type SecretProvider = (typeof SECRET_PROVIDERS)[number];

/** What tasks take that say nothing themselves. */
export interface TaskDefaults {
  readonly retry?: RetryPolicy;
  /** Milliseconds. */
  readonly timeout?: number;
  /** Milliseconds. */
  readonly grace?: number;
  readonly stopSignal?: StopSignal;
  /** Bytes of standard output that are kept. */
  readonly maxOutput?: number;
}

export interface DeliveryConfig {
  /** How long the end of a run waits for deliveries. */
  readonly waitAtEnd?: number;
  /** Failures, and as many other messages, that notifiers of one run's tasks send to one destination. @default 20 */
  readonly maxPerRun?: number;
}

export interface Origin {
  readonly file?: string;
  readonly line?: number;
  /** The profile it stands in. */
  readonly profile?: string;
  /** The environment variable that set it. */
  readonly variable?: string;
}

/** The channel that is always there (design decision 16). */
export const INBOX: ChannelDefinition = { type: "inbox" };

/** What holds where nothing is configured. */
export function emptyConfig(searched: readonly string[]): Config {
  return {
    file: undefined,
    files: [],
    searched,
    channels: { inbox: INBOX },
    hooks: [],
    stateHandlers: { flow: [], task: [] },
    tasks: {},
    secrets: {},
    pools: {},
    defaults: {},
    delivery: {},
    origins: new Map(),
    places: new Map(),
  };
}
