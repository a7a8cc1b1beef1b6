import type { Alert } from "../model/notification.ts";
import { isOfFamily, type StateType } from "../model/state.ts";
import type { RunFacts } from "./told.ts";

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

/** The own words of a hook or a notifier, as a part of its message. */
export function ownWords(text: string): Pick<Alert, "text" | "textHasMarkup"> {
  return { text, textHasMarkup: true };
}

/** Where a run runs: what all its messages have in common. */
export function placeOf(facts: RunFacts): Pick<Alert, "host" | "user" | "project" | "startedBy" | "links"> {
  return {
    ...(facts.host === undefined ? {} : { host: facts.host }),
    ...(facts.user === undefined ? {} : { user: facts.user }),
    ...(facts.project === undefined ? {} : { project: facts.project }),
    startedBy: facts.startedBy,
    ...(facts.links === undefined || facts.links.length === 0 ? {} : { links: facts.links }),
  };
}

function nextOf(facts: RunFacts, change: RunChange): readonly string[] {
  if (change.reason === "refused") return facts.file === undefined ? [] : [`flowctl validate ${facts.file}`];
  const show = `flowctl runs show ${facts.runId}`;
  if (change.to === "Paused") return [`flowctl runs resume ${facts.runId}`, show];
  return isOfFamily(change.to, "Failed") ? [show, `flowctl runs retry ${facts.runId}`] : [show];
}
