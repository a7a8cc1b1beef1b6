import { join } from "node:path";
import { readable } from "../model/disk-trouble.ts";
import { isSuccessful, type State } from "../model/state.ts";
import type { Tally } from "../model/tally.ts";
import { RESULTS_FILE } from "../runs/read-results.ts";
import { Results } from "../runs/results.ts";
import type { BegunRun } from "./begin-run.ts";
import type { CommandContext } from "./context.ts";
import type { PreparedRun } from "./execute-run.ts";

/** Opens the file in which a run keeps what its tasks come to. */
export function openResults(
  { run, services }: BegunRun,
  { flow, params, restored }: Pick<PreparedRun, "flow" | "params" | "restored">,
  { host }: CommandContext,
) {
  return new Results({
    flow,
    // They stand in the file already where the run goes on from another.
    params: restored === undefined || !restored.hasParams ? params : {},
    open: () => host.files.append(join(run.directory, RESULTS_FILE)),
    redact: (text) => services.redactor.redact(text),
  });
}

/**
 * What went well as a whole is never gone on with: its results need not stay.
 * @returns what is to be said of those that could not be kept
 */
export function closeResults(
  results: Results,
  state: State,
  tally: Tally,
  { run }: BegunRun,
  { host }: CommandContext,
): readonly string[] {
  results.close();
  if (isSuccessful(state) && tally.counts.failed === 0)
    // Results that cannot be removed are in nobody's way.
    readable(() => {
      host.files.remove(join(run.directory, RESULTS_FILE));
    }, undefined);
  else if (results.error !== undefined && !run.isStartIncomplete)
    return [
      `the results of the run could not be written: ${results.error instanceof Error ? results.error.message : "unknown"}`,
    ];
  if (state.type !== "Paused") return [];
  return [...results.unkept]
    .slice(0, 5)
    .map(([task, why]) => `the result of ${task} cannot be kept: ${why}. It runs again when it is needed.`);
}
