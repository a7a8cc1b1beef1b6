import { join } from "node:path";
import { diskTrouble } from "../model/disk-trouble.ts";
import { userError } from "../model/error.ts";
import type { Flow } from "../model/flow.ts";
import { isFinished, state, type State } from "../model/state.ts";
import type { Task } from "../model/task.ts";
import { unpack } from "../runs/pack.ts";
import { readJournal } from "../runs/read-journal.ts";
import { readResults, RESULTS_FILE, type KeptResult, type KeptResults } from "../runs/read-results.ts";
import { planResume, type Decision } from "../runs/resume-plan.ts";
import type { RunRecord } from "../runs/run-record.ts";
import type { CommandContext } from "./context.ts";

/** How an earlier run is taken up again: the same run goes on, or a new one repeats what did not go well. */
export type Continuing = "resume" | "retry";

/** What a run starts from that goes on with an earlier one. */
export interface Restored {
  readonly states: ReadonlyMap<Task, State>;
  readonly decisions: readonly Decision[];
  /** Names of tasks that had paused, and children of them as `name[3]`. */
  readonly paused: ReadonlySet<string>;
  /** What had ended before, of the same run: what such a task tells when it runs again is news. */
  readonly ended: ReadonlySet<string>;
  /** The last number of an event of the same run. */
  readonly lastSeq: number;
  /** What the new file of results begins with. */
  readonly lines: string;
  /** Whether the parameters are among them. */
  readonly hasParams: boolean;
}

/**
 * Decides what of an earlier run stands, and makes the states that the engine starts from.
 *
 * @throws UserError "usage" where the flow has changed so that what stands would not fit, unless it is forced
 */
export async function restore(
  flow: Flow,
  record: RunRecord,
  how: {
    readonly continuing: Continuing;
    readonly force: boolean;
    /** Told which tasks had paused. @throws UserError where a person has answered others */
    readonly answer: (paused: ReadonlySet<string>) => void;
  },
  { host }: Pick<CommandContext, "host">,
): Promise<Restored> {
  const results = fromDisk(record, () => readResults(host.files, record.directory));
  const { decisions, changes } = planResume(flow, results);
  if (changes.length > 0 && !how.force) throw changed(record, changes, how.continuing);
  const journal = fromDisk(record, () => host.files.read(join(record.directory, "journal.jsonl")));
  const events = readJournal(record.runId, journal ?? "");
  const isSame = how.continuing === "resume";
  const paused = new Set<string>();
  const ended = new Set<string>();
  for (const event of events) {
    if (event.type !== "task-state") continue;
    const label = event.mapIndex === undefined ? event.task : `${event.task}[${event.mapIndex}]`;
    if (isSame && isFinished(event.to) && event.willRetry !== true) ended.add(label);
    if (event.to.type === "Paused") paused.add(label);
    else paused.delete(label);
  }
  how.answer(paused);
  const resumed = state("Resume", { message: "Resumed." });
  const waiting = new Map([...(isSame ? paused : [])].map((label) => [label, resumed]));
  const states = new Map<Task, State>();
  for (const decision of decisions) {
    const from = await stateOf(decision, waiting);
    if (from !== undefined) states.set(decision.task, from);
  }
  return {
    states,
    decisions,
    paused,
    ended,
    lastSeq: isSame ? (events.at(-1)?.seq ?? 0) : 0,
    lines: linesOf(results, decisions),
    hasParams: results.params !== undefined && results.params.lost === undefined,
  };
}

/** The values of an earlier run's parameters; undefined where they must be given again, `lost` saying why. */
export async function restoreParameters(
  record: RunRecord,
  { host }: Pick<CommandContext, "host">,
): Promise<{ readonly values?: Readonly<Record<string, unknown>>; readonly lost?: string }> {
  const { params } = fromDisk(record, () => readResults(host.files, record.directory));
  if (params === undefined) return {};
  if (params.lost !== undefined) return { lost: params.lost };
  return { values: (await unpack(params)) as Readonly<Record<string, unknown>> };
}

/** What is left of a run says which tasks are not to be run again: without it nothing is. @throws UserError "usage" */
function fromDisk<T>({ runId, will }: RunRecord, read: () => T): T {
  try {
    return read();
  } catch (error) {
    const what = `Run ${runId} cannot be resumed: what its tasks did cannot be read: ${diskTrouble(error)}.`;
    const help = will.file === undefined ? "try again" : `flowctl run ${will.file} starts from the beginning`;
    throw userError("usage", "RUN_UNREADABLE", what, { help, cause: error });
  }
}

/** The file whose beginning `Restored.lines` is. */
export function resultsFile(directory: string): string {
  return join(directory, RESULTS_FILE);
}

/** @param waiting what becomes of each task, or mapped child, that had paused */
async function stateOf(
  { task, kept, children }: Decision,
  waiting: ReadonlyMap<string, State>,
): Promise<State | undefined> {
  if (kept !== undefined) return keptState(kept);
  const own = new Map([...waiting].flatMap(([label, to]) => indexIn(label, task.name).map((child) => [child, to])));
  if (own.size === 0 && (children === undefined || children.size === 0)) return waiting.get(task.name);
  const states: State[] = [];
  const width = Math.max(...(children?.keys() ?? []), ...own.keys()) + 1;
  for (let child = 0; child < width; child += 1) {
    const result = children?.get(child);
    states.push(result === undefined ? (own.get(child) ?? state("Pending")) : await keptState(result));
  }
  return state("Mapped", { message: "Gone on with.", children: states });
}

function indexIn(label: string, name: string): readonly number[] {
  const found = label.startsWith(`${name}[`) ? /^\[(\d+)\]$/.exec(label.slice(name.length))?.[1] : undefined;
  return found === undefined ? [] : [Number(found)];
}

async function keptState(result: KeptResult): Promise<State> {
  return state(result.state as "Success", { message: "Kept from before.", result: await unpack(result) });
}

function linesOf({ params, paramsLine }: KeptResults, decisions: readonly Decision[]): string {
  const kept = decisions.flatMap(({ kept: own, children }) => [
    ...(own === undefined ? [] : [own.line]),
    ...[...(children?.values() ?? [])].map((each) => each.line),
  ]);
  return (params?.lost === undefined ? paramsLine : "") + kept.join("");
}

function changed({ runId, will }: RunRecord, changes: readonly string[], continuing: Continuing): Error {
  const shown = changes.slice(0, 3).join("; ");
  const more = changes.length > 3 ? ` (and ${changes.length - 3} more)` : "";
  const again = `flowctl runs ${continuing} ${runId} --force runs again what has changed`;
  return userError(
    "usage",
    "FLOW_CHANGED",
    `Run ${runId} cannot go on: its flow "${will.flow}" is not the same any more: ${shown}${more}.`,
    { help: will.file === undefined ? again : `${again}; flowctl run ${will.file} starts from the beginning` },
  );
}
