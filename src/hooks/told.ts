import type { Hook } from "../model/hook.ts";
import type { Alert, ChannelDefinition, FilledTemplates, Message } from "../model/notification.ts";
import type { StateType } from "../model/state.ts";

/** Something that is to be put in the outbox: what hooks and notifiers come to. */
export interface Told {
  readonly runId: string;
  readonly flow: string;
  /** What happened: `run-failed`, `task-failed`. */
  readonly event: string;
  /** Tells it from others of the same event of the run. */
  readonly key: string;
  readonly channelName?: string;
  readonly definition: ChannelDefinition;
  readonly message: Message;
  readonly origin: "hook" | "notifier";
  /** The hooks that asked for it; for a notifier, its subject. */
  readonly names: readonly string[];
  readonly source?: SecretSource;
  /** Why it is put on record and not sent, in one sentence: it would repeat what was told already. */
  readonly suppressed?: string;
  /** What it would repeat, to the same channel. Where that was given up, or never was, it is sent all the same. */
  readonly repeats?: Pick<Told, "runId" | "event" | "key">;
  /** Told in its place when the channel does not take it. */
  readonly fallback?: Told;
}

/** Where the secrets of the channels are looked for. */
export interface SecretSource {
  readonly namespace?: string;
  readonly config?: string;
  readonly project?: string;
}

/** Tells what a later part of a run says from what was said before. */
export function keyIn({ part = 1 }: Pick<RunFacts, "part">, key: string): string {
  return part === 1 ? key : `${key}/${String(part)}`;
}

/** Fills in the templates of hooks, notifiers and channels. */
export interface Templates {
  /** Returns the text of a hook or notifier about a change of state. */
  text(template: string, alert: Alert): string;
  /** Returns the templates of a channel for one message; nothing where it has none. @param about the change of state */
  ofChannel(definition: ChannelDefinition, message: Message, about?: Alert): FilledTemplates | undefined;
}

/** What is known of a run from its start. It is the same in the run and in the process that tells of its death. */
export interface RunFacts {
  readonly runId: string;
  /** The flow's name; the file's stem until the flow is loaded. */
  readonly flow: string;
  readonly tags: readonly string[];
  /** The flow's file; before the name is known, hooks are matched on its stem and path. */
  readonly file?: string;
  /** Whether the flow was loaded, so that `flow` is its own name. @default true */
  readonly isLoaded?: boolean;
  /** Epoch milliseconds. */
  readonly startedAt: number;
  readonly host?: string;
  readonly user?: string;
  readonly project?: string;
  readonly startedBy: "ci" | "cron" | "terminal" | "other";
  /** How often the run was begun: what a later part has to tell is news. @default 1 */
  readonly part?: number;
  readonly links?: readonly { readonly label: string; readonly url: string }[];
  readonly hooks: readonly Hook[];
  /** Fills in templates. @default texts are sent as they are written */
  readonly templates?: Templates;
  /** The time zone of times in messages. @default "UTC" */
  readonly timezone?: string;
  readonly channels: Readonly<Record<string, ChannelDefinition>>;
  /** Parameters and variables that templates read, as the run manifest has them. */
  readonly templateValues?: string;
  readonly source?: SecretSource;
  /** How earlier runs of the flow ended; absent where there was none. */
  readonly previous?: PreviousRuns;
}

/** How the runs of a flow before this one ended. Times are epoch milliseconds. */
export interface PreviousRuns {
  /** The latest one's id, and which part of it that was. */
  readonly runId: string;
  readonly part?: number;
  /** The latest one's state. */
  readonly state: StateType;
  /** When the latest one ended. */
  readonly at: number;
  /** How many in a row failed, up to the latest. */
  readonly failed: number;
  /** When the first of those in a row ended that failed, or that succeeded, like the latest. */
  readonly since: number;
  /** The hooks that were told of the latest one's end, or kept quiet of it on purpose. */
  readonly heardBy: readonly string[];
}
