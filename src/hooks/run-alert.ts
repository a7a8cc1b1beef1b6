import type { Alert, ChannelDefinition, Message } from "../model/notification.ts";
import { isOfFamily, type StateType } from "../model/state.ts";
import type { RunFacts, Templates } from "./told.ts";

/** A change of a run's state, as its event or its terminal record tells it. */
export interface RunChange {
  readonly from: StateType;
  readonly to: StateType;
  readonly message: string | null;
  /** Epoch milliseconds. */
  readonly at: number;
  /** When it became known, where that was later. */
  readonly foundAt?: number;
  /** Milliseconds since the run began. */
  readonly durationMs?: number;
  readonly failures?: NonNullable<Alert["failures"]>;
  readonly failureCount?: number;
  readonly reason?: "refused";
  /** The whole error text. */
  readonly detail?: string;
}

/** The neutral message about a run. */
export function runAlert(facts: RunFacts, change: RunChange): Alert {
  const { failures = [], failureCount = failures.length } = change;
  return {
    subject: "flow",
    flow: facts.flow,
    runId: facts.runId,
    from: change.from,
    to: change.to,
    summary: change.message,
    at: change.at,
    ...(change.durationMs === undefined ? {} : { durationMs: change.durationMs }),
    ...(change.detail === undefined ? {} : { detail: change.detail }),
    ...(failures.length === 0 ? {} : { failures, failureCount }),
    ...(change.reason === undefined ? {} : { reason: change.reason }),
    ...placeOf(facts),
    next: nextOf(facts, change),
  };
}

/** The alert with the text of a hook or notifier, if it has one. */
export function withOwnText(alert: Alert, template: string | undefined, templates?: Templates): Alert {
  if (template === undefined) return alert;
  return { ...alert, text: templates?.text(template, alert) ?? template, textHasMarkup: true };
}

/** The message with the filled-in templates of the channel that it is for. */
export function forChannel(
  message: Message,
  definition: ChannelDefinition,
  { templates, about }: { readonly templates?: Templates | undefined; readonly about?: Alert | undefined },
): Message {
  if (message.kind === "payload") return message;
  const { filled: earlier, ...rest } = message;
  const filled = templates?.ofChannel(definition, message, about);
  if (filled !== undefined) return { ...rest, filled };
  return earlier === undefined ? message : rest;
}

/** Where a run runs: what all its messages have in common. */
export function placeOf(
  facts: RunFacts,
): Pick<Alert, "host" | "user" | "project" | "startedBy" | "links" | "timezone"> {
  return {
    ...(facts.host === undefined ? {} : { host: facts.host }),
    ...(facts.user === undefined ? {} : { user: facts.user }),
    ...(facts.project === undefined ? {} : { project: facts.project }),
    startedBy: facts.startedBy,
    ...(facts.links === undefined || facts.links.length === 0 ? {} : { links: facts.links }),
    ...(facts.timezone === undefined ? {} : { timezone: facts.timezone }),
  };
}

function nextOf(facts: RunFacts, change: RunChange): readonly string[] {
  if (change.reason === "refused") return facts.file === undefined ? [] : [`flowctl validate ${facts.file}`];
  const show = `flowctl runs show ${facts.runId}`;
  if (change.to === "Paused") return [`flowctl runs resume ${facts.runId}`, show];
  return isOfFamily(change.to, "Failed") ? [show, `flowctl runs retry ${facts.runId}`] : [show];
}
