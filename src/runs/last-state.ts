import { join } from "node:path";
import { isFailed, isSuccessful, state, type StateType } from "../model/state.ts";
import { shortHash } from "./project.ts";
import type { RunStoreOptions } from "./run-store.ts";
import type { EndRecord } from "./will.ts";

/** How a flow's latest run ended: what `recovered` and `stillFailing` are told by. */
export interface LastState {
  readonly runId: string;
  readonly state: StateType;
  /** Runs in a row that failed, this one included; 0 after a success. */
  readonly failedInARow: number;
  /** ISO 8601, UTC. */
  readonly at: string;
}

/** Reads how the flow's latest run ended. */
export function lastStateOf(store: RunStoreOptions, flow: string): LastState | undefined {
  return readLast(store, store.project.name, flow);
}

function readLast(store: RunStoreOptions, project: string, flow: string): LastState | undefined {
  const text = store.files.read(pathOf(store, project, flow));
  if (text === undefined) return undefined;
  try {
    return JSON.parse(text) as LastState;
  } catch {
    return undefined;
  }
}

/** Keeps how a run ended. A cancelled or paused run says nothing about its flow. */
export function rememberState(store: RunStoreOptions, record: EndRecord): void {
  const ended = state(record.state as "Failed");
  if (!isFailed(ended) && !isSuccessful(ended)) return;
  const before = readLast(store, record.project, record.flow)?.failedInARow ?? 0;
  const last: LastState = {
    runId: record.runId,
    state: record.state,
    failedInARow: isFailed(ended) ? before + 1 : 0,
    at: record.endedAt,
  };
  const path = pathOf(store, record.project, record.flow);
  store.files.makeDirectory(join(path, ".."));
  store.files.replace(path, JSON.stringify(last), "quick");
}

function pathOf(store: RunStoreOptions, project: string, flow: string): string {
  return join(store.directory, "projects", shortHash(project), `last-${shortHash(flow)}.json`);
}
