import { closest, distance } from "fastest-levenshtein";
import { userError } from "../model/error.ts";
import { isFailed, isOfFamily, state, type StateType } from "../model/state.ts";
import { readRun, runIds, type RunRecord } from "./run-record.ts";
import type { RunStoreOptions } from "./run-store.ts";

/** Which runs are listed; all that is given must hold. */
export interface RunQuery {
  readonly flow?: (name: string) => boolean;
  /** Families of states; `Running` for those that go on. */
  readonly states?: readonly StateType[];
  /** Epoch milliseconds. */
  readonly since?: number;
  /** @default 20 */
  readonly limit?: number;
  /** Of all projects. @default false */
  readonly all?: boolean;
}

const LIMIT = 20;

/** The state a list shows: `Running` as long as there is no terminal record. */
export function shownState(run: RunRecord): StateType {
  return run.end?.state ?? "Running";
}

/** Runs that fit a query, newest first. */
export function listRuns(store: RunStoreOptions, query: RunQuery = {}): readonly RunRecord[] {
  const found: RunRecord[] = [];
  for (const runId of runIds(store)) {
    if (found.length >= (query.limit ?? LIMIT)) break;
    const run = readRun(store, runId);
    if (run !== undefined && fits(store, run, query)) found.push(run);
  }
  return found.sort(newestFirst);
}

/** Ids of one thirty-second of a second are in no order; and a part begins after the run that it is part of. */
function newestFirst({ will: a }: RunRecord, { will: b }: RunRecord): number {
  if (a.startedAt !== b.startedAt) return a.startedAt < b.startedAt ? 1 : -1;
  return Number(b.parent !== undefined) - Number(a.parent !== undefined);
}

function fits(store: RunStoreOptions, run: RunRecord, query: RunQuery): boolean {
  if (query.all !== true && run.will.project !== store.project.name) return false;
  if (query.since !== undefined && Date.parse(run.will.startedAt) < query.since) return false;
  if (query.flow !== undefined && !query.flow(run.will.flow)) return false;
  return query.states?.some((family) => isOfFamily(shownState(run), family)) ?? true;
}

/**
 * One run by its id, the beginning of it, `last` or `last-failed`.
 * @throws UserError "usage" where none or several fit
 */
export function findRun(store: RunStoreOptions, reference: string): RunRecord {
  if (reference === "last" || reference === "last-failed") return newest(store, reference);
  const wanted = reference.toLowerCase();
  const ids = runIds(store).filter((id) => id.startsWith(wanted));
  const runs = ids.map((id) => readRun(store, id)).filter((run) => run !== undefined);
  const exact = runs.find((run) => run.runId === wanted);
  if (exact !== undefined) return exact;
  const own = runs.filter((run) => run.will.project === store.project.name);
  const fitting = own.length > 0 ? own : runs;
  if (fitting.length === 1 && fitting[0] !== undefined && wanted !== "") return fitting[0];
  if (fitting.length === 0 || wanted === "") throw unknown(store, reference);
  const names = fitting.slice(0, 5).map((run) => run.runId);
  throw userError("usage", "RUN_AMBIGUOUS", `"${reference}" is the beginning of ${fitting.length} runs.`, {
    help: `Type more of it: ${names.join(", ")}${fitting.length > names.length ? ", …" : ""}`,
  });
}

function unknown(store: RunStoreOptions, reference: string): Error {
  const known = [...runIds(store), "last", "last-failed"];
  const near = closest(reference.toLowerCase(), known);
  const isNear = reference !== "" && distance(reference.toLowerCase(), near) <= 2;
  const help = isNear ? `Did you mean "${near}"?` : "flowctl runs list";
  return userError("usage", "RUN_UNKNOWN", `There is no run "${reference}".`, { help });
}

function newest(store: RunStoreOptions, reference: "last" | "last-failed"): RunRecord {
  for (const runId of runIds(store)) {
    const run = readRun(store, runId);
    if (run?.will.project !== store.project.name) continue;
    // A part begins after the run that it is part of, and yet nobody started it.
    if (run.will.parent !== undefined) continue;
    if (reference === "last" || isFailed(state(shownState(run) as "Failed"))) return run;
  }
  const what = reference === "last" ? "no run" : "no failed run";
  throw userError("usage", "RUN_UNKNOWN", `There is ${what} of this project.`, { help: "flowctl runs list --all" });
}
