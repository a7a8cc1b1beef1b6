import { formatDuration } from "../model/duration.ts";
import type { RunEvent, RunState, TaskState } from "../model/event.ts";
import type { Alert } from "../model/notification.ts";
import { isWanted, type Notifier } from "../model/notifier.ts";
import { isFailed, isFinished, type State } from "../model/state.ts";
import { detailOf } from "./detail.ts";
import { Failures, firstLine, subjectOf } from "./failures.ts";
import { Groups, type Make } from "./groups.ts";
import { hookTold, withFallback } from "./hook-told.ts";
import { MappedEnds } from "./mapped-ends.ts";
import { decide } from "./notifier-filter.ts";
import { Quota } from "./quota.ts";
import { resolveChannel } from "./resolve-channel.ts";
import { forChannel, placeOf, runAlert, withOwnText, type RunChange } from "./run-alert.ts";
import { keyIn, type RunFacts, type Told } from "./told.ts";

/** Turns a run's events into what is to be told. It remembers what was told, and does nothing else. */
export interface Deriver {
  /** What this event causes: from notifiers, and from hooks unless `hooks` is false. */
  on(event: RunEvent, options?: { readonly hooks?: boolean }): readonly Told[];
  /** A run's change of state as hooks and terminal records see it. */
  changeOf(event: RunState): RunChange;
}

export interface DeriverOptions {
  /** How many failures, and how many other messages, of a run's tasks go to one destination. @default 20 */
  readonly mostPerRun?: number;
  /** Told once of each name of a channel that config does not have. */
  readonly onUnknownChannel?: (name: string) => void;
}

const MOST_PER_RUN = 20;

/** @param facts what is known of the run; asked for at each event, as the flow's name and tags come late */
export function createDeriver(facts: () => RunFacts, options: DeriverOptions = {}): Deriver {
  const { onUnknownChannel = () => undefined, mostPerRun = MOST_PER_RUN } = options;
  const failures = new Failures();
  const groups = new Groups();
  const ends = new MappedEnds();
  const quota = new Quota(mostPerRun);
  /** Which destinations were told of which failure. */
  const told = new Set<string>();
  const unknown = new Set<string>();
  let began: number | undefined;

  const make = (notifier: Notifier, event: string, key: string, alert: Alert): readonly Told[] => {
    const { runId, flow, channels, source } = facts();
    const channel = resolveChannel(notifier.to, channels);
    if (channel === undefined) {
      const name = typeof notifier.to === "string" ? notifier.to : notifier.to.type;
      if (!unknown.has(name)) onUnknownChannel(name);
      unknown.add(name);
      return [];
    }
    const { templates } = facts();
    const said = { kind: "alert" as const, alert: withOwnText(alert, notifier.message, templates) };
    const message = forChannel(said, channel.definition, { templates });
    const names = [alert.task ?? alert.flow];
    const made: Told = {
      runId,
      flow,
      event,
      key: keyIn(facts(), key),
      ...channel,
      message,
      origin: "notifier",
      names,
      ...(source === undefined ? {} : { source }),
    };
    return [withFallback(made, facts())];
  };

  const gathered: Make = (notifier, alert, key) => {
    const event = alert.subject === "task" ? `task-${alert.to.toLowerCase()}` : "run-suppressed";
    return make(notifier, event, key, { ...alert, ...placeOf(facts()) });
  };

  const onTask = (event: TaskState): readonly Told[] => {
    failures.add(event);
    groups.see(event);
    if (event.notifiers === undefined) return [];
    return event.notifiers.flatMap((notifier) => {
      const decision = decide(notifier, event);
      if (decision === "silent") return [];
      const destination = JSON.stringify(notifier.to);
      // All that follows from one failure is one piece of news for one destination.
      const cause = JSON.stringify([destination, event.causedBy ?? event.task]);
      if (decision === "fold" && told.has(cause)) return [];
      if (isFailed(event.to)) told.add(cause);
      if (decision === "count") ends.add(destination, notifier, event);
      if (decision === "count") return [];
      if (decision === "group") {
        const said = groups.add(destination, notifier, event, facts(), gathered);
        if (said !== "alone") return said;
      }
      if (!quota.admit(destination, notifier, event)) return [];
      const name = `task-${event.to.type.toLowerCase()}`;
      return make(
        notifier,
        name,
        `${subjectOf(event)}#${String(event.attempt)}.${event.from.type}`,
        taskAlert(facts(), event),
      );
    });
  };

  const changeOf = (event: RunState): RunChange => ({
    from: event.from.type,
    to: event.to.type,
    message: firstLine(event.to.message),
    at: event.at,
    ...(isFinished(event.to) ? { durationMs: event.at - (began ?? facts().startedAt) } : {}),
    failures: failures.list(),
    failureCount: failures.count,
    ...detailed(event.to, isFailed(event.to) ? failures.detail() : undefined),
  });

  const onRun = (event: RunState, withHooks: boolean): readonly Told[] => {
    const change = changeOf(event);
    const grouped = isFinished(event.to)
      ? [
          ...groups.flush(gathered, facts()),
          ...ends.flush(gathered, facts()),
          ...quota.flush(gathered, facts(), change),
        ]
      : [];
    const wanted = (event.notifiers ?? []).filter((notifier) => isWanted(notifier, change.to));
    const said = wanted.flatMap((notifier) =>
      make(notifier, `run-${change.to.toLowerCase()}`, "run", runAlert(facts(), change)),
    );
    return [...grouped, ...said, ...(withHooks ? hookTold(facts(), change) : [])];
  };

  return {
    changeOf,
    on(event, { hooks = true } = {}) {
      switch (event.type) {
        case "run-started":
          began = event.at;
          return [];
        case "run-state":
          return onRun(event, hooks);
        case "task-state":
          return onTask(event);
        case "task-mapped":
        case "task-output":
          return [];
      }
    },
  };
}

/** What the hooks say of a run that was refused before it began (design decision 8). */
export function refusedTold(facts: RunFacts, message: string, at: number, detail?: string): readonly Told[] {
  return hookTold(facts, {
    from: "Pending",
    to: "Failed",
    message: firstLine(message),
    at,
    reason: "refused",
    ...(detail === undefined ? {} : { detail }),
  });
}

function taskAlert(facts: RunFacts, event: TaskState): Alert {
  const { from, to, mapIndex, attempt } = event;
  return {
    subject: "task",
    flow: facts.flow,
    runId: facts.runId,
    task: event.task,
    ...(mapIndex === undefined ? {} : { mapIndex }),
    from: from.type,
    to: to.type,
    summary: summaryOf(event),
    ...detailed(to),
    attempt,
    at: event.at,
    ...placeOf(facts),
    next: [`flowctl runs logs ${facts.runId} ${event.task}`],
  };
}

/** What comes next matters most of a retry; why there is one stands in the state before it. */
function summaryOf({ from, to, at }: TaskState): string | null {
  const said = firstLine(to.message);
  if (to.type !== "Retrying") return said;
  const wait = "startTime" in to && to.startTime !== null ? to.startTime - at : 0;
  const next = wait > 0 ? `, next in ${formatDuration(wait)}` : "";
  const why = isFailed(from) ? firstLine(from.message) : null;
  return `${why === null ? "" : `${why}: `}${(said ?? "Retrying").replace(/\.$/, "")}${next}`;
}

/** @param other what is told where the state itself has no error: that of the task that failed */
function detailed(to: State, other?: string): { readonly detail?: string } {
  const detail = detailOf(to.result) ?? other;
  return detail === undefined ? {} : { detail };
}
