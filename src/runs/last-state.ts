import { join } from "node:path";
import { readable } from "../model/disk-trouble.ts";
import { hasTexts } from "../model/has-texts.ts";
import { isFailed, isSuccessful, state, type StateType } from "../model/state.ts";
import { shortHash } from "./project.ts";
import type { RunStoreOptions } from "./run-store.ts";
import type { EndRecord, Will } from "./will.ts";

/** How a flow's latest run ended: what `recovered` and `stillFailing` are told by. */
export interface LastState {
  readonly runId: string;
  /** Of a run that was gone on with: which part of it ended so. @default 1 */
  readonly part?: number;
  readonly state: StateType;
  /** Runs in a row that failed, this one included; 0 after a success. */
  readonly failedInARow: number;
  /** When that was known. ISO 8601, UTC. */
  readonly at: string;
  /** When the first run in a row ended that failed, or that succeeded, like this one. ISO 8601, UTC. */
  readonly since: string;
  /** The hooks that were told of it, or kept quiet of it on purpose. */
  readonly heardBy: readonly string[];
}

/** What is kept: that, and how the run before it ended. */
interface Kept extends LastState {
  readonly before?: LastState;
}

/**
 * Reads how the flow's latest run ended.
 * @param before a run, or a later part of one: what was so before that one ended, whether or not it has by now
 * @param project the run's own, where it is not the store's
 */
export function lastStateOf(
  store: RunStoreOptions,
  flow: string,
  before?: RunPart,
  project = store.project.name,
): LastState | undefined {
  // What the disk does not give keeps nothing from being told.
  const kept = readable(() => readLast(store, project, flow), undefined);
  return kept !== undefined && before !== undefined && isSame(kept, before) ? kept.before : kept;
}

/** A run from its begin to its end; where it is gone on with, that is another. */
export type RunPart = Pick<Will, "runId" | "part">;

function isSame(a: RunPart, b: RunPart): boolean {
  return a.runId === b.runId && (a.part ?? 1) === (b.part ?? 1);
}

function readLast(store: RunStoreOptions, project: string, flow: string): Kept | undefined {
  const text = store.files.read(pathOf(store, project, flow));
  if (text === undefined) return undefined;
  try {
    const kept: unknown = JSON.parse(text);
    const isWhole = hasTexts(kept, ["runId", "state", "at", "since"]) && typeof kept["failedInARow"] === "number";
    return isWhole ? (kept as unknown as Kept) : undefined;
  } catch {
    return undefined;
  }
}

/**
 * Keeps how a run ended, once. One that was cancelled, is paused or did not run says nothing about its flow.
 * @param isLate whether it ended some time ago: a run that has ended since says more
 */
export function rememberState(store: RunStoreOptions, record: EndRecord, will: Will, isLate = false): void {
  const ended = state(record.state as "Failed");
  if (record.state === "Skipped" || (!isFailed(ended) && !isSuccessful(ended))) return;
  const kept = readLast(store, record.project, record.flow);
  // Its runner may have come this far before it died.
  if ([kept, kept?.before].some((each) => each !== undefined && isSame(each, will))) return;
  const at = record.foundAt ?? record.endedAt;
  if (isLate && kept !== undefined && kept.at > at) return;
  const failedBefore = kept?.failedInARow ?? 0;
  const isLikeBefore = kept !== undefined && failedBefore > 0 === isFailed(ended);
  const last: Kept = {
    runId: record.runId,
    ...(will.part === undefined ? {} : { part: will.part }),
    state: record.state,
    failedInARow: isFailed(ended) ? failedBefore + 1 : 0,
    at,
    since: isLikeBefore ? kept.since : record.endedAt,
    heardBy: heardBy(record, will),
    // A run that was gone on with comes after itself.
    ...(kept === undefined ? {} : { before: withoutBefore(kept) }),
  };
  const path = pathOf(store, record.project, record.flow);
  store.files.makeDirectory(join(path, ".."));
  store.files.replace(path, JSON.stringify(last), "quick");
}

/** Of a crash whoever finds it tells all hooks that are about the run; which those are is known once the flow is loaded. */
function heardBy({ told }: EndRecord, { hooks, isLoaded = false }: Will): readonly string[] {
  if (told === undefined) return isLoaded ? hooks.map(({ name }) => name) : [];
  const news = told as readonly { readonly origin?: string; readonly names?: readonly string[] }[];
  return [...new Set(news.flatMap(({ origin, names = [] }) => (origin === "hook" ? names : [])))];
}

function pathOf(store: RunStoreOptions, project: string, flow: string): string {
  return join(store.directory, "projects", shortHash(project), `last-${shortHash(flow)}.json`);
}

function withoutBefore(kept: Kept): LastState {
  const rest: { before?: LastState } & LastState = { ...kept };
  delete rest.before;
  return rest;
}
