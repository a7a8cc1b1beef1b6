import { join } from "node:path";
import type { Files } from "../host/files.ts";
import { isStateType, isSuccessful, state } from "../model/state.ts";

/** The file of a run's results, in its directory. */
export const RESULTS_FILE = "results.jsonl";

/** What a task or a mapped child came to, as it stands on disk. */
export interface KeptResult {
  readonly task: string;
  readonly mapIndex?: number;
  /** The signature of what came into it. */
  readonly inputs: number;
  readonly state: string;
  readonly json?: unknown;
  readonly devalue?: string;
  /** Why the value is not there. */
  readonly lost?: string;
  /** The line itself. */
  readonly line: string;
}

/** All that is known of the results of one task. */
export interface TaskResults {
  readonly own: KeptResult | undefined;
  /** By index. */
  readonly children: ReadonlyMap<number, KeptResult>;
}

/** The results of a run, as far as they are whole. */
export interface KeptResults {
  /** The values of the parameters; `lost` says why they are not there. Undefined where there were none. */
  readonly params: { readonly json?: unknown; readonly devalue?: string; readonly lost?: string } | undefined;
  readonly paramsLine: string;
  readonly tasks: ReadonlyMap<string, TaskResults>;
}

/** Whether it went well and need not be done again. */
export function isDone(result: KeptResult | undefined): result is KeptResult {
  return result !== undefined && isStateType(result.state) && isSuccessful(state(result.state as "Success"));
}

/**
 * Reads the results of a run. Of a task that has several the last counts; a line that is not whole, as a dying
 * process leaves it, is as if it were not there.
 */
export function readResults(files: Files, directory: string): KeptResults {
  let params: KeptResults["params"];
  let paramsLine = "";
  const tasks = new Map<string, { own: KeptResult | undefined; readonly children: Map<number, KeptResult> }>();
  for (const line of (files.read(join(directory, RESULTS_FILE)) ?? "").split("\n")) {
    const entry = parse(line);
    if (entry === undefined) continue;
    if (entry.params === true) {
      params = entry;
      paramsLine = `${line}\n`;
      continue;
    }
    if (typeof entry.task !== "string" || typeof entry.state !== "string") continue;
    const result = { ...entry, inputs: entry.inputs ?? 0, line: `${line}\n` } as KeptResult;
    const known = tasks.get(entry.task) ?? { own: undefined, children: new Map<number, KeptResult>() };
    tasks.set(entry.task, known);
    if (entry.mapIndex === undefined) known.own = result;
    else known.children.set(entry.mapIndex, result);
  }
  return { params, paramsLine, tasks };
}

function parse(line: string): (Partial<KeptResult> & { readonly params?: unknown }) | undefined {
  if (line === "") return undefined;
  try {
    const entry: unknown = JSON.parse(line);
    return typeof entry === "object" && entry !== null ? entry : undefined;
  } catch {
    return undefined;
  }
}
