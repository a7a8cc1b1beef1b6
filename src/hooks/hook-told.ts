import type { Hook, HookEvent } from "../model/hook.ts";
import type { Alert, Message } from "../model/notification.ts";
import { isOfFamily, type StateType } from "../model/state.ts";
import { matchesRun } from "./match.ts";
import { repetition, tellsChanges, whyQuiet } from "./repeat.ts";
import { resolveChannel, type NamedChannel } from "./resolve-channel.ts";
import { forChannel, runAlert, withOwnText, type RunChange } from "./run-alert.ts";
import { keyIn, type RunFacts, type Templates, type Told } from "./told.ts";

/**
 * What the hooks say of a change of a run's state: one message per channel,
 * whichever and however many hooks ask for it. Pure, and deterministic: the run
 * itself and the process that finds it dead come to the same messages.
 */
export function hookTold(facts: RunFacts, change: RunChange): readonly Told[] {
  return gather(facts, change, (hook, type) => {
    if (type === "deadman") return signOfLife(change);
    if (type === "pagerduty" && endsSlow(hook, facts, change)) return "state";
    const news = hook.states.some((family) => isOfFamily(change.to, family))
      ? ("state" as const)
      : historyOf(hook, facts, change, type);
    if ((news !== "state" && news !== "stillFailing") || !isOutcome(change.to)) return news;
    switch (repetition(hook, facts, change)) {
      case "news":
        return news;
      case "due":
        return isOfFamily(change.to, "Failed") ? "stillFailing" : news;
      case "repeat":
        return "quiet";
    }
  });
}

/** What the hooks with the event `slow` say while the run still runs, `afterMs` after its start. */
export function slowTold(facts: RunFacts, afterMs: number, at: number): readonly Told[] {
  const change: RunChange = { from: "Running", to: "Running", message: null, at, durationMs: at - facts.startedAt };
  return gather(facts, change, (hook) =>
    hook.events?.includes("slow") === true && hook.slowAfter === afterMs ? "slow" : undefined,
  );
}

/** After how many milliseconds somebody wants to know that this run still runs. */
export function slowTimes(facts: RunFacts): readonly number[] {
  const times = facts.hooks.flatMap((hook) =>
    hook.events?.includes("slow") === true && hook.slowAfter !== undefined && matchesRun(hook.match, facts)
      ? [hook.slowAfter]
      : [],
  );
  return [...new Set(times)].sort((a, b) => a - b);
}

/**
 * A dead man's switch hears of every start and end, whatever states its hook names: of what it is
 * not told it takes for dead.
 */
function signOfLife({ to, reason }: RunChange): News | undefined {
  if (reason !== undefined || isOutcome(to) || to === "Cancelled") return "state";
  return to === "Running" ? "started" : undefined;
}

/** Whether a run ends with it: a start is not the same news as another run's. */
function isOutcome(to: StateType): boolean {
  return isOfFamily(to, "Failed") || isOfFamily(to, "Success");
}

/** What a run's history adds to its state. */
function historyOf(hook: Hook, facts: RunFacts, change: RunChange, type: string): HookEvent | undefined {
  const asks = (event: HookEvent): boolean => hook.events?.includes(event) === true;
  const failedBefore = facts.previous?.failed ?? 0;
  if (asks("started") && change.to === "Running") return "started";
  const isOfFailures = hook.states.some((family) => isOfFamily(family, "Failed"));
  // Who is told of changes is told of this one, too; and what opens an incident closes it.
  const hearsOfChanges = hook.notifyOn === "change" || (isOfFailures && tellsChanges(hook, facts, "Failed"));
  const isTold = asks("recovered") || hearsOfChanges || (isOfFailures && type === "pagerduty");
  if (isTold && failedBefore > 0 && isOfFamily(change.to, "Success")) return "recovered";
  if (asks("stillFailing") && failedBefore > 0 && isOfFamily(change.to, "Failed")) return "stillFailing";
  return undefined;
}

/** Whether a success closes an incident that this run, or one before it that came to nothing, opened by being slow. */
function endsSlow(
  { events, slowAfter = Infinity }: Hook,
  { startedAt, previous }: RunFacts,
  change: RunChange,
): boolean {
  if (events?.includes("slow") !== true || !isOfFamily(change.to, "Success")) return false;
  return change.at - startedAt >= slowAfter || (previous !== undefined && !isOfFamily(previous.state, "Success"));
}

/** What a hook has to say: of the state, of what the run's history makes of it, or that it keeps quiet. */
type News = HookEvent | "state" | "quiet";

/** One message per channel, whose hook says most of it; where all hooks keep quiet, that. */
function gather(
  facts: RunFacts,
  change: RunChange,
  newsOf: (hook: Hook, type: string) => News | undefined,
): readonly Told[] {
  const told = new Map<string, { readonly rank: number; readonly told: Told }>();
  for (const hook of facts.hooks) {
    if (!matchesRun(hook.match, facts)) continue;
    for (const to of hook.to) {
      const channel = resolveChannel(to, facts.channels);
      const news = channel === undefined ? undefined : newsOf(hook, channel.definition.type);
      if (channel === undefined || news === undefined) continue;
      const rank = news === "quiet" ? 0 : news === "state" ? 1 : 2;
      const earlier = told.get(to);
      const base =
        earlier === undefined || rank > earlier.rank ? make({ facts, change, hook, news, channel }) : earlier.told;
      const names = earlier === undefined || earlier.rank === 0 ? [hook.name] : [...earlier.told.names, hook.name];
      const isSaid = rank > 0 || earlier === undefined || earlier.rank === 0;
      told.set(to, {
        rank: Math.max(rank, earlier?.rank ?? 0),
        told: isSaid ? { ...base, names: [...new Set(names)] } : base,
      });
    }
  }
  return [...told.values()].map((each) => each.told);
}

function make({
  facts,
  change,
  hook,
  news,
  channel,
}: {
  readonly facts: RunFacts;
  readonly change: RunChange;
  readonly hook: Hook;
  readonly news: News;
  readonly channel: NamedChannel;
}): Told {
  const isHistory = news !== "state" && news !== "quiet";
  const usual: Alert = {
    ...runAlert(facts, change),
    ...(isHistory ? { event: news } : {}),
    ...beforeOf(facts, change),
  };
  const { templates } = facts;
  const alert = withOwnText(usual, hook.message, templates);
  const subject = hook.subject === undefined ? {} : { subject: templates?.text(hook.subject, usual) ?? hook.subject };
  const message = forChannel({ kind: "alert", alert, ...subject }, channel.definition, { templates });
  const told: Told = {
    runId: facts.runId,
    flow: facts.flow,
    // What the history makes of an outcome is the same piece of news as the outcome.
    event: news === "slow" ? "run-slow" : `run-${change.to.toLowerCase()}`,
    // Each time that somebody waits for is news of its own.
    key: keyIn(facts, news === "slow" ? `run/${String(hook.slowAfter)}` : "run"),
    ...channel,
    message,
    origin: "hook",
    names: [hook.name],
    ...(facts.source === undefined ? {} : { source: facts.source }),
    ...(news === "quiet" ? { suppressed: whyQuiet(hook, change), ...repeated(facts) } : {}),
  };
  return withFallback(told, facts);
}

/** What was said of the end before this one, if it was said. */
function repeated({ previous }: RunFacts): Pick<Told, "repeats"> {
  if (previous === undefined) return {};
  const { runId, state } = previous;
  return { repeats: { runId, event: `run-${state.toLowerCase()}`, key: keyIn(previous, "run") } };
}

function beforeOf({ previous }: RunFacts, { at }: RunChange): Pick<Alert, "failedBefore" | "failingForMs"> {
  if (previous === undefined) return {};
  const { failed: failedBefore, since } = previous;
  return failedBefore === 0 ? { failedBefore } : { failedBefore, failingForMs: Math.max(at - since, 0) };
}

/**
 * A channel's `fallback`, and that one's own, is resolved now and frozen: whoever sends it later has no config to ask.
 * Values that only this process has are of the channel itself.
 * @param passed the names of the channels before it: where they fall back to each other, nobody is told twice
 */
export function withFallback<T extends NamedChannel & { readonly key: string; readonly message: Message }>(
  told: T,
  facts: Pick<RunFacts, "channels"> & { readonly templates?: Templates | undefined; readonly about?: Alert },
  passed: readonly string[] = [],
): T & { readonly fallback?: T } {
  const name = told.definition["fallback"];
  const before = told.channelName === undefined ? passed : [...passed, told.channelName];
  const channel = typeof name === "string" && !before.includes(name) ? resolveChannel(name, facts.channels) : undefined;
  if (channel === undefined) return told;
  const rest: { channelName?: unknown; values?: unknown } & T = { ...told };
  delete rest.channelName;
  delete rest.values;
  const key = told.key.endsWith("/fallback") ? told.key : `${told.key}/fallback`;
  const message = forChannel(told.message, channel.definition, facts);
  return { ...told, fallback: withFallback<T>({ ...rest, ...channel, key, message }, facts, before) };
}
