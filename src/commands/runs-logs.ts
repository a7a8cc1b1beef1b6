import { join } from "node:path";
import { userError } from "../model/error.ts";
import type { RunEvent, TaskOutput } from "../model/event.ts";
import { labelOf, Tally } from "../model/tally.ts";
import { logLine } from "../reporters/clean-text.ts";
import { decideMode } from "../reporters/mode.ts";
import { readJournal } from "../runs/read-journal.ts";
import type { CommandContext } from "../coordinator/context.ts";
import { openHistory } from "./open-history.ts";

/** Options of `flowctl runs logs`. */
export interface RunsLogsOptions {
  readonly failed?: boolean;
  /** Lines. */
  readonly tail?: string;
}

/** `flowctl runs logs [RUN] [TASK]`: what the tasks of a run wrote. */
export async function runsLogsCommand(
  [reference = "last", task]: readonly string[],
  options: RunsLogsOptions,
  context: CommandContext,
): Promise<number> {
  const { host, globals } = context;
  const tail = options.tail === undefined ? undefined : Number(options.tail);
  if (tail !== undefined && (!Number.isInteger(tail) || tail < 0))
    throw userError("usage", "OPTION", `--tail takes a number of lines, not "${options.tail ?? ""}".`);
  const { store } = await openHistory(context);
  const run = store.find(reference);
  const events = readJournal(run.runId, host.files.read(join(run.directory, "journal.jsonl")) ?? "");
  if (task !== undefined) mustExist(task, events, run.runId);
  const failed = options.failed === true ? failedTasks(events) : undefined;
  const chosen = events
    .filter((event) => event.type === "task-output")
    .filter((event) => isOf(event, task) && (failed === undefined || failed.has(nameOf(event))));
  const shown = tail === undefined ? chosen : tail === 0 ? [] : chosen.slice(-tail);
  const { stdout, stderr } = host.terminal;
  if (chosen.length === 0 && !globals.json && !globals.quiet) {
    const who = task === undefined ? `No ${options.failed === true ? "failed " : ""}task` : `Task "${task}"`;
    stderr.write(`${who} of run ${run.runId} wrote ${task === undefined ? "anything" : "nothing"}.\n`);
  }
  const { dataColor } = decideMode({ ...globals, stdoutIsData: true }, host.environment, host.terminal);
  const colours = dataColor > 0;
  for (const each of shown)
    stdout.write(globals.json ? `${JSON.stringify(asJson(each))}\n` : line(each, { task, colours }));
  return 0;
}

function nameOf(event: TaskOutput): string {
  return event.task === undefined ? "" : labelOf({ ...event, task: event.task });
}

/** A mapped task's name stands for all its children. */
function isOf(event: TaskOutput, task: string | undefined): boolean {
  return task === undefined || event.task === task || nameOf(event) === task;
}

function line(event: TaskOutput, { task, colours }: { task: string | undefined; colours: boolean }): string {
  const name = nameOf(event);
  const text = logLine(event.text, { colours });
  // Of one task the name is known; the children of a mapped one are told apart.
  return name === "" || name === task ? `${text}\n` : `${name} | ${text}\n`;
}

function asJson(event: TaskOutput): Readonly<Record<string, unknown>> {
  const { task, mapIndex, stream, text } = event;
  return { at: new Date(event.at).toISOString(), task, mapIndex, stream, text };
}

function failedTasks(events: readonly RunEvent[]): ReadonlySet<string> {
  const tally = new Tally();
  for (const event of events) tally.add(event);
  return new Set(tally.failures.filter((each) => each.causedBy === undefined).map(labelOf));
}

function mustExist(task: string, events: readonly RunEvent[], runId: string): void {
  const names = new Set<string>();
  for (const event of events) if (event.type === "task-state") names.add(event.task).add(labelOf(event));
  if (names.has(task)) return;
  const known = [...names].filter((name) => !name.endsWith("]")).slice(0, 10);
  throw userError("usage", "TASK_UNKNOWN", `Run ${runId} has no task "${task}".`, {
    help: known.length === 0 ? "None of its tasks has started." : `Its tasks: ${known.join(", ")}`,
  });
}
