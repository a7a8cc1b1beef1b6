import type { UserError } from "../model/error.ts";
import { projectNamed } from "../runs/project.ts";
import type { Will } from "../runs/will.ts";
import { beginRun } from "./begin-run.ts";
import type { CommandContext } from "./context.ts";
import { explain } from "./explain.ts";
import type { FlowPlace } from "./flow-place.ts";
import { latestWill } from "./latest-will.ts";
import { refuse } from "./refuse.ts";
import { openServices, type Services } from "./services.ts";

/**
 * A run whose config cannot be used: the hooks that would tell of it are in there. Those of the flow's latest run hear
 * of it, as the config was then (design decision 8).
 *
 * @returns the exit code; `undefined` where the flow has not run here before, or had nobody to tell
 */
export async function refuseUnconfigured(
  error: UserError,
  { place, name, annotations }: { readonly place: FlowPlace; readonly name?: string; readonly annotations?: boolean },
  context: CommandContext,
): Promise<number | undefined> {
  const bare = { ...context, globals: { ...context.globals, config: "none" } };
  const services = await openServices(bare, { from: place.directory }).catch(() => undefined);
  if (services === undefined) return undefined;
  const latest = latestWill(place.file, name, services, context);
  if (latest === undefined || latest.hooks.length === 0) return undefined;
  const { flow, tags, isLoaded = false } = latest;
  const begun = await beginRun(place, asIn(latest, services), context, true, { flow, tags, isLoaded });
  const redact = (text: string): string => services.redactor.redact(text);
  const shown = annotations === undefined ? {} : { annotations };
  const code = explain(error, context.host, { redact, cwd: context.globals.cwd, ...shown });
  context.host.terminal.stderr.write(`told as the config was in its latest run, ${latest.runId}\n`);
  await refuse(begun, error, true, context);
  return code;
}

/** What a run stands on, as an earlier one had it. */
function asIn({ hooks, channels, config: file, namespace, project }: Will, services: Services): Services {
  const secrets = { ...services.config.secrets, ...(namespace === undefined ? {} : { namespace }) };
  return {
    ...services,
    project: projectNamed(project),
    config: { ...services.config, file, hooks, channels, secrets },
  };
}
