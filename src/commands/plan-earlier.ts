import type { Flow } from "../model/flow.ts";
import { isSuccessful, state } from "../model/state.ts";
import { readResults } from "../runs/read-results.ts";
import { planResume } from "../runs/resume-plan.ts";
import { openStore } from "../coordinator/begin-run.ts";
import type { CommandContext } from "../coordinator/context.ts";
import { planCache, type CacheDecision } from "./plan-cache.ts";
import type { Services } from "../coordinator/services.ts";

/** What earlier runs mean to a run that is planned. */
export interface EarlierPlan {
  /** Of each task with a cache: whether a cached result is used, and why or why not. */
  readonly cache: readonly CacheDecision[];
  /** The flow's last run, where it did not go well: what going on with it would keep and run. */
  readonly earlier: {
    readonly run: string;
    readonly state: string;
    readonly command: string;
    readonly keeps: readonly string[];
    readonly runs: readonly { readonly task: string; readonly why: string }[];
    /** Why it cannot be gone on with, without force. */
    readonly changes: readonly string[];
  } | null;
}

/** Looks at what is cached and at the flow's last run. It changes nothing. */
export async function planEarlier(
  flow: Flow,
  params: Readonly<Record<string, unknown>>,
  services: Services,
  options: { readonly cache?: boolean },
  context: CommandContext,
): Promise<EarlierPlan> {
  return {
    cache: await planCache(flow, params, services, options.cache !== false, context),
    earlier: lastRun(flow, services, context),
  };
}

function lastRun(flow: Flow, services: Services, context: CommandContext): EarlierPlan["earlier"] {
  const [record] = openStore(services, context).list({ limit: 1, flow: (name) => name === flow.name });
  if (record?.end === undefined || record.end.reason !== undefined || record.will.parent !== undefined) return null;
  if (isSuccessful(state(record.end.state as "Success"))) return null;
  const { decisions, changes } = planResume(flow, readResults(context.host.files, record.directory));
  const isPaused = record.end.state === "Paused";
  return {
    run: record.runId,
    state: record.end.state,
    command: `flowctl runs ${isPaused || record.end.state === "Cancelled" ? "resume" : "retry"} ${record.runId}`,
    keeps: decisions.filter((each) => each.runs === undefined).map((each) => each.task.name),
    runs: decisions.flatMap(({ task, runs }) => (runs === undefined ? [] : [{ task: task.name, why: runs }])),
    changes,
  };
}

/** The same as lines for people: one list for the cache, one for the run that could be gone on with. */
export function earlierLines({ cache, earlier }: EarlierPlan): {
  readonly cache: readonly string[];
  readonly earlier: readonly string[];
} {
  const lines: string[] = [];
  if (earlier !== null) {
    lines.push(`the last run, ${earlier.run}, is ${earlier.state}; this plan starts anew`);
    if (earlier.changes.length > 0) lines.push(`it cannot be gone on with: ${earlier.changes.join("; ")}`);
    else {
      lines.push(`${earlier.command} would keep ${earlier.keeps.length === 0 ? "nothing" : earlier.keeps.join(", ")}`);
      for (const { task, why } of earlier.runs) lines.push(`  and run ${task}: ${why}`);
    }
  }
  return { cache: cache.map(({ task, decision }) => `${task}: ${decision}`), earlier: lines };
}
