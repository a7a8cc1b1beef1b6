import type { Flow } from "../model/flow.ts";
import { isSuccessful, state } from "../model/state.ts";
import type { Task } from "../model/task.ts";
import { cacheIndex } from "../runs/cache-index.ts";
import { readResults } from "../runs/read-results.ts";
import { slotOf } from "../runs/result-cache.ts";
import { planResume } from "../runs/resume-plan.ts";
import { openStore } from "./begin-run.ts";
import type { CommandContext } from "./context.ts";
import { cacheDirectory } from "./open-cache.ts";
import type { Services } from "./services.ts";

/** What earlier runs mean to a run that is planned. */
export interface EarlierPlan {
  /** Of each task with a cache: whether a cached result is used, and why or why not. */
  readonly cache: readonly { readonly task: string; readonly decision: string }[];
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
export function planEarlier(
  flow: Flow,
  services: Services,
  options: { readonly cache?: boolean },
  context: CommandContext,
): EarlierPlan {
  return {
    cache: cacheDecisions(flow, services, options.cache !== false, context),
    earlier: lastRun(flow, services, context),
  };
}

function cacheDecisions(
  flow: Flow,
  services: Services,
  isRead: boolean,
  { host }: CommandContext,
): EarlierPlan["cache"] {
  const tasks = flow.tasks.filter((task) => task.cache !== undefined);
  if (tasks.length === 0) return [];
  const mapped = new Set(flow.edges.filter((edge) => edge.mapped).map((edge) => edge.to));
  const index = cacheIndex(host.files, cacheDirectory(services), host.clock, { isReadOnly: true });
  const decide = (task: Task): string => {
    if (!isRead) return "runs: --no-cache";
    if (mapped.has(task)) return "each of its children by what is cached for it";
    const [newest, ...others] = index.of(slotOf(flow.name, task, task.cache?.key ?? task.name));
    if (newest === undefined) return "runs: nothing is cached, or it is too old";
    const until = new Date(newest.expires).toISOString();
    if (task.cache?.validator === undefined) return `is not run: its result is cached until ${until}`;
    return `its validator decides: ${others.length + 1} cached ${others.length === 0 ? "result" : "results"}, the newest until ${until}`;
  };
  return tasks.map((task) => ({ task: task.name, decision: decide(task) }));
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
