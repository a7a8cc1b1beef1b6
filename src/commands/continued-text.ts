import type { RunRecord } from "../runs/run-record.ts";
import type { Decision } from "../runs/resume-plan.ts";
import type { CommandContext } from "../coordinator/context.ts";
import type { Continuing, Restored } from "../coordinator/restore.ts";

const NAMED = 5;

/** Says, before the first task runs, what of the earlier run is kept and what runs, and why. */
export function sayContinued(
  how: Continuing,
  { runId }: RunRecord,
  restored: Restored,
  { host, globals }: CommandContext,
): void {
  if (globals.quiet) return;
  host.terminal.stderr.write(`${continuedLines(how, runId, restored).join("\n")}\n`);
}

/** The same as lines. */
export function continuedLines(how: Continuing, runId: string, { decisions, paused }: Restored): readonly string[] {
  const kept = decisions.filter((each) => each.runs === undefined);
  const runs = decisions.filter((each) => each.runs !== undefined);
  const lines = [
    `${how === "resume" ? "goes on with" : "repeats"} run ${runId}`,
    `  keeps ${kept.length === 0 ? "nothing" : names(kept)}`,
  ];
  for (const each of runs.slice(0, NAMED)) lines.push(`  runs  ${each.task.name}: ${whyOf(each, how, paused)}`);
  if (runs.length > NAMED) lines.push(`  runs  ${runs.length - NAMED} more`);
  return lines;
}

function names(kept: readonly Decision[]): string {
  const shown = kept.slice(0, NAMED).map(({ task }) => task.name);
  return `${shown.join(", ")}${kept.length > NAMED ? ` and ${kept.length - NAMED} more` : ""}`;
}

function whyOf({ task, runs = "", children }: Decision, how: Continuing, paused: ReadonlySet<string>): string {
  if (how === "resume" && paused.has(task.name)) return "it was paused";
  const some = children === undefined || children.size === 0 ? "" : ` (${children.size} of them are kept)`;
  return `${runs}${some}`;
}
