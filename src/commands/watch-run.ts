import { inspect } from "node:util";
import { onUnexpectedExit, type UnexpectedExit } from "../host/unexpected-exit.ts";
import type { ActiveRun } from "../runs/active-run.ts";
import type { CommandContext } from "./context.ts";

/**
 * Sees to it that a run whose process ends before its time gets its terminal record, and
 * says so. What its hooks have to tell of that is a reaper's.
 */
export function watchExit(run: ActiveRun, { host }: CommandContext): void {
  const release = onUnexpectedExit((exit) => {
    const record = run.crash(causeOf(exit));
    const { flow, message } = record;
    host.terminal.stderr.write(`\n${flow} crashed: ${message ?? ""}   run ${run.id}\n`);
  });
  run.onSettled(release);
}

function causeOf({ code, error }: UnexpectedExit): string {
  if (error instanceof Error) return `Nobody caught ${error.name}: ${error.message.split("\n")[0] ?? ""}.`;
  if (error !== undefined) return `Nobody caught what was thrown: ${inspect(error, { depth: 0 })}.`;
  // Node ends with 0 by itself when nothing is left that could wake it.
  const how =
    code === 0 ? "process.exit(0) was called, or nothing was left to wait for" : `process.exit(${code}) was called`;
  return `The process ended before the run did: ${how}.`;
}

/** Starts a sentinel where a hook could have something to say of the run's death. One is enough. */
export async function watchDeath(run: ActiveRun, directory: string, { host }: CommandContext): Promise<void> {
  const { environment } = host;
  const { script } = environment;
  const hooks = run.will.hooks.length + (run.will.deathHooks?.length ?? 0);
  if (run.isWatched || hooks === 0 || script === undefined) return;
  run.isWatched = true;
  const { startSentinel } = await import("../runs/sentinel.ts");
  const sentinel = startSentinel({
    runId: run.id,
    program: [environment.execPath, script],
    directory,
    variables: environment.variables,
    platform: environment.platform,
  });
  run.onSettled(() => {
    sentinel.done();
  });
}
