import { inspect } from "node:util";
import { killTrackedGroups } from "../host/process-group.ts";
import type { Stop } from "../host/signals.ts";
import { onUnexpectedExit, type UnexpectedExit } from "../host/unexpected-exit.ts";
import type { ActiveRun } from "../runs/active-run.ts";
import type { EndRecord, Will } from "../runs/will.ts";
import type { CommandContext } from "./context.ts";
import { needsParent } from "./needs-parent.ts";

/**
 * Sees to it that a run whose process ends before its time gets its terminal record, and
 * says so. What its hooks have to tell of that is a reaper's.
 */
export function watchExit(run: ActiveRun, { host, stop }: CommandContext): void {
  const { terminal } = host;
  const release = onUnexpectedExit((exit) => {
    // The first signal has begun their grace, the second ends it. After any other end a reaper gives them their grace.
    if (stop.signal.aborted) killTrackedGroups();
    terminal.stderr.write(crashLines(run.crash(causeOf(exit, stop)), run.will));
  });
  run.onSettled(release);
}

/** What the terminal shows of a run that crashed. One that belongs to another goes on with that one. */
export function crashLines({ flow, message, runId }: EndRecord, { parent }: Pick<Will, "parent">): string {
  const next = parent === undefined ? `   go on:   flowctl runs resume ${runId}\n` : "";
  return `\n${flow} crashed: ${message ?? ""}   run ${runId}\n${next}`;
}

function causeOf({ code, error }: UnexpectedExit, { signal }: Stop): string {
  if (signal.aborted && error === undefined)
    return `A second ${String(signal.reason)} ended it before what was running had stopped.`;
  if (error instanceof Error) return `Nobody caught ${error.name}: ${error.message.split("\n")[0] ?? ""}.`;
  if (error !== undefined) return `Nobody caught what was thrown: ${inspect(error, { depth: 0 })}.`;
  // Node ends with 0 by itself when nothing is left that could wake it.
  const how =
    code === 0 ? "process.exit(0) was called, or nothing was left to wait for" : `process.exit(${code}) was called`;
  return `The process ended before the run did: ${how}.`;
}

/** How long a sentinel leaves a death to the runner's parent, in seconds. */
const AFTER_PARENT = 2;

/** Whether a hook or a notifier could have something to say of the run's death. */
export function hasHeirs({ will }: ActiveRun): boolean {
  return will.hooks.length + (will.deathHooks?.length ?? 0) > 0;
}

/** Starts a sentinel where a hook could have something to say of the run's death. One is enough. */
export async function watchDeath(run: ActiveRun, directory: string, context: CommandContext): Promise<void> {
  const { environment } = context.host;
  const { script } = environment;
  // A run that is another process's to go on with is watched there.
  if (run.isWatched || !hasHeirs(run) || script === undefined || needsParent(context)) return;
  run.isWatched = true;
  const { startSentinel } = await import("../runs/sentinel.ts");
  const sentinel = startSentinel({
    runId: run.id,
    program: [environment.execPath, script],
    directory,
    cwd: environment.cwd,
    variables: environment.variables,
    platform: environment.platform,
    // A parent is told by the system, and tells while its own end is waited for.
    afterSeconds: context.stop.parent === undefined ? 0 : AFTER_PARENT,
  });
  run.onSettled(() => {
    sentinel.done();
  });
}
