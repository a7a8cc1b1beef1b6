import { readRun, runIds } from "../runs/run-record.ts";
import type { Will } from "../runs/will.ts";
import { openStore, type BegunRun } from "./begin-run.ts";
import type { CommandContext } from "./context.ts";
import type { Services } from "./services.ts";

/** The will of the latest run of this file: of this flow in it, where one was chosen. */
export function latestWill(
  file: string,
  name: string | undefined,
  services: Services,
  context: CommandContext,
  isMeant: (will: Will) => boolean = () => true,
): Will | undefined {
  const { options } = openStore(services, context);
  for (const id of runIds(options)) {
    const will = readRun(options, id)?.will;
    if (will?.file !== file || will.parent !== undefined || (name !== undefined && will.flow !== name)) continue;
    if (isMeant(will)) return will;
  }
  return undefined;
}

/**
 * What could not be loaded is known by its latest run that could: its flow's name and tags, and the hooks of its own.
 * So the hooks that are about it hear of it, and its next success is the end of this failure.
 */
export function recognise(
  { run, place, services, mayTell }: BegunRun,
  name: string | undefined,
  context: CommandContext,
): void {
  if (run.will.isLoaded === true) return;
  const latest = latestWill(place.file, name, services, context, ({ isLoaded }) => isLoaded === true);
  if (latest === undefined) return;
  const { flow, tags } = latest;
  const configured = new Set(services.config.hooks.map((hook) => hook.name));
  const own = mayTell ? latest.hooks.filter((hook) => !configured.has(hook.name)) : [];
  run.identify({ flow, tags, hooks: [...run.will.hooks, ...own] });
}
