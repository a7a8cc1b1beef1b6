import type { Hook, HookEvent } from "../model/hook.ts";
import { isOfFamily } from "../model/state.ts";
import { fillMessage } from "./fill-message.ts";
import { matchesRun } from "./match.ts";
import { resolveChannel } from "./resolve-channel.ts";
import { runAlert, type RunChange } from "./run-alert.ts";
import type { RunFacts, Told } from "./told.ts";

/**
 * What the hooks say of a change of a run's state: one message per channel,
 * whichever and however many hooks ask for it. Pure, and deterministic: the run
 * itself and the process that finds it dead come to the same messages.
 */
export function hookTold(facts: RunFacts, change: RunChange): readonly Told[] {
  return gather(facts, change, (hook) => {
    if (hook.states.some((family) => isOfFamily(change.to, family))) return "state";
    return historyOf(hook, facts, change);
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

/** What a run's history adds to its state. */
function historyOf(hook: Hook, facts: RunFacts, change: RunChange): HookEvent | undefined {
  const asks = (event: HookEvent): boolean => hook.events?.includes(event) === true;
  const failedBefore = facts.previous?.failed ?? 0;
  if (asks("started") && change.to === "Running") return "started";
  if (asks("recovered") && failedBefore > 0 && isOfFamily(change.to, "Success")) return "recovered";
  if (asks("stillFailing") && failedBefore > 0 && isOfFamily(change.to, "Failed")) return "stillFailing";
  return undefined;
}

/** One message per channel and kind of news. */
function gather(
  facts: RunFacts,
  change: RunChange,
  newsOf: (hook: Hook) => HookEvent | "state" | undefined,
): readonly Told[] {
  const told = new Map<string, Told>();
  for (const hook of facts.hooks) {
    if (!matchesRun(hook.match, facts)) continue;
    const news = newsOf(hook);
    if (news === undefined) continue;
    for (const to of hook.to) {
      const event = news === "state" ? `run-${change.to.toLowerCase()}` : `run-${news.toLowerCase()}`;
      const slot = JSON.stringify([event, to]);
      const earlier = told.get(slot);
      const made = earlier ?? make(facts, change, hook, news, to, event);
      if (made !== undefined) told.set(slot, { ...made, names: [...new Set([...made.names, hook.name])] });
    }
  }
  return [...told.values()];
}

function make(
  facts: RunFacts,
  change: RunChange,
  hook: Hook,
  news: HookEvent | "state",
  to: string,
  event: string,
): Told | undefined {
  const channel = resolveChannel(to, facts.channels);
  if (channel === undefined) return undefined;
  const base = runAlert(facts, change);
  const alert = {
    ...base,
    ...(news === "state" ? {} : { event: news }),
    ...(facts.previous === undefined ? {} : { failedBefore: facts.previous.failed }),
    ...(hook.message === undefined ? {} : { text: fillMessage(hook.message, base) }),
  };
  const told: Told = {
    runId: facts.runId,
    flow: facts.flow,
    event,
    key: "run",
    ...channel,
    message: { kind: "alert", alert },
    origin: "hook",
    names: [hook.name],
    ...(facts.source === undefined ? {} : { source: facts.source }),
  };
  return withFallback(told, facts);
}

/** A channel's `fallback` is resolved now and frozen: whoever sends it later has no config to ask. */
export function withFallback(told: Told, facts: RunFacts): Told {
  const name = told.definition["fallback"];
  const channel = typeof name === "string" ? resolveChannel(name, facts.channels) : undefined;
  if (channel === undefined) return told;
  const rest = { ...told } as Partial<Told>;
  delete (rest as { channelName?: unknown }).channelName;
  return { ...told, fallback: { ...(rest as Told), ...channel, key: `${told.key}/fallback` } };
}
