import { resolveParameters } from "../authoring/resolve-parameters.ts";
import { diskTrouble } from "../model/disk-trouble.ts";
import { InternalError, UserError, userError, type Diagnostic } from "../model/error.ts";
import type { Flow } from "../model/flow.ts";
import { applyConfig } from "./apply-config.ts";
import { beginRun, identify, reopenRun, unrecordedFacts, type BegunRun } from "./begin-run.ts";
import type { CommandContext } from "./context.ts";
import type { Continuation } from "./continuation.ts";
import { buryDead } from "./bury-dead.ts";
import { bequeath } from "./death-hooks.ts";
import { drainEarlier } from "./drain-earlier.ts";
import { executeRun, type Executed } from "./execute-run.ts";
import { explain } from "./explain.ts";
import type { FlowPlace } from "./flow-place.ts";
import { gitHubMasks } from "./github-masks.ts";
import { givenParameters } from "./given-parameters.ts";
import { keepTemplateValues, notifiersOf } from "./message-templates.ts";
import { needsParent } from "./needs-parent.ts";
import { openFlow } from "./open-flow.ts";
import { refuse, refuseUnrecorded } from "./refuse.ts";
import { requireSecrets } from "./require-secrets.ts";
import type { Limits, RunCommandOptions } from "./run-options.ts";
import { openServices, type Services } from "./services.ts";
import { startedBy } from "./started-by.ts";
import { unknownChannels } from "./unknown-channels.ts";
import { warmSecrets } from "./warm-secrets.ts";
import { hasHeirs, watchDeath, watchExit } from "./watch-run.ts";

/** What a run is performed with. */
export interface RunStart {
  readonly place: FlowPlace;
  readonly options: RunCommandOptions;
  readonly limits: Limits;
  /** The earlier run that it goes on with. */
  readonly continuation?: Continuation;
}

/**
 * A run from its config to its end: record, flow, parameters, secrets, and then the tasks. What is wrong before
 * the first task runs is a refusal: it is on record and told, unless an earlier run was to be gone on with, which
 * then stays as it was.
 *
 * @returns how it went, or the exit code where nothing ran
 */
export async function performRun(start: RunStart, context: CommandContext): Promise<Executed | number> {
  const { place, options, limits, continuation } = start;
  const { stderr } = context.host.terminal;
  const { globals } = context;
  const masks = await gitHubMasks(context, globals.json || options.ui === "json" || options.events === "-");
  let unusable: UserError | undefined;
  const services = await openServices(context, {
    from: place.directory,
    onUnusable: (error) => {
      unusable = error;
    },
    warn: (text) => {
      stderr.write(`warning: ${text}\n`);
    },
    onSecret: (_, value) => {
      masks.add(value);
    },
  }).catch((error: unknown) => unconfigured(error, start, context));
  if (typeof services === "number") return services;
  if (unusable !== undefined) return unrecorded(unusable, start, services, context);
  const mayTell = options.notify !== false;
  if (mayTell && services.config.hooks.length > 0 && needsParent(context)) return handOver(services, context);
  const earlier = await buryDead(services, context);
  const drained = drainEarlier(services, context).catch(() => undefined);
  const isSame = continuation?.how === "resume";
  const isAlone = options.onOverlap !== "run";
  const more = {
    ...(continuation === undefined ? {} : { retryOf: continuation.record.runId }),
    ...(isAlone ? { isAlone } : {}),
  };
  const begun = isSame
    ? await reopenRun(continuation.record, place, services, context, mayTell, isAlone).catch((error: unknown) => {
        throw notResumed(error, services);
      })
    : await beginRun(place, services, context, mayTell, more);
  watchExit(begun.run, context);
  await watchDeath(begun.run, services.stateDirectory, context);
  const coolDown = await warmSecrets(begun, context);
  try {
    const prepared = await prepare(begun, start, context);
    if (prepared === "not run") return 0;
    if (prepared === "another's") return await handOver(services, context);
    masks.announce();
    await warn(prepared.warnings, context);
    const executed = await executeRun(begun, { ...prepared, ...limits, options }, context);
    await earlier?.deliver();
    await drained;
    return executed;
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    const redact = (text: string): string => services.redactor.redact(text);
    const { annotations } = options;
    const code = explain(error, context.host, { redact, cwd: context.globals.cwd, annotations });
    const atTerminal = startedBy(context.host.environment, context.host.terminal) === "terminal";
    if (isSame) begun.run.giveBack();
    else {
      (await import("./latest-will.ts")).recognise(begun, options.name, context);
      await refuse(begun, error, options.notify ?? !atTerminal, context);
    }
    return code;
  } finally {
    coolDown();
  }
}

/** Says what is doubtful and does not keep the run from running. */
async function warn(warnings: readonly Diagnostic[], { host, globals }: CommandContext): Promise<void> {
  if (warnings.length === 0) return;
  const { renderDiagnostics } = await import("../reporters/diagnostics.ts");
  host.terminal.stderr.write(renderDiagnostics(warnings, { cwd: globals.cwd }));
}

/** A run is resumed on its record only: where the disk refuses that, the run stays as it was. */
function notResumed(error: unknown, { stateDirectory }: Services): UserError {
  if (error instanceof UserError) return error;
  if (error instanceof InternalError) throw error;
  const what = `The run cannot be resumed in ${stateDirectory}: ${diskTrouble(error)}.`;
  return userError("usage", "STATE_DIR", what, { help: "make room there and resume it again", cause: error });
}

/** Nothing runs under a config that cannot be used. Who would be told of it stands in there: those who were before. */
async function unconfigured(
  error: unknown,
  { place, options, continuation }: RunStart,
  context: CommandContext,
): Promise<number> {
  const isTold = options.notify ?? startedBy(context.host.environment, context.host.terminal) !== "terminal";
  if (!(error instanceof UserError) || !isTold || continuation !== undefined) throw error;
  const { refuseUnconfigured } = await import("./refuse-unconfigured.ts");
  const code = await refuseUnconfigured(error, { place, ...options }, context);
  if (code === undefined) throw error;
  return code;
}

/** Nothing runs that nobody could tell of later. It is told of now. */
async function unrecorded(
  refusal: UserError,
  { place, options }: RunStart,
  services: Services,
  context: CommandContext,
): Promise<number> {
  const code = explain(refusal, context.host, {
    redact: (text) => services.redactor.redact(text),
    cwd: context.globals.cwd,
    annotations: options.annotations,
  });
  const isTold = options.notify ?? startedBy(context.host.environment, context.host.terminal) !== "terminal";
  if (!isTold) return code;
  await refuseUnrecorded(await unrecordedFacts(place, services, context), services, refusal, context);
  return code;
}

async function handOver(services: Services, context: CommandContext): Promise<number> {
  return (await import("./hand-over.ts")).handOver(services, context);
}

/**
 * All that is looked at before the first task runs.
 * @returns `not run` where another run goes on and that is fine; `another's` where the flow has somebody to tell, and
 *   this process is none that may run it
 */
async function prepare(begun: BegunRun, { options, continuation }: RunStart, context: CommandContext) {
  const { place, run, services, store } = begun;
  const { host, globals } = context;
  const opened = await openFlow(place, options.name, context, services.config.timezone);
  await identify(begun, opened.flow, opened.hooks);
  const variables = { ...opened.variables, ...host.environment.variables };
  await keepTemplateValues(begun, { variables });
  await watchDeath(run, services.stateDirectory, context);
  const params = (await continuation?.params(context)) ?? (await readParameters(opened.flow, options, context));
  const applied = await applyConfig(opened.flow, begun.facts(), services.config, host);
  const unknown = await unknownChannels(applied.flow, opened, services.config, place.file);
  if (unknown.length > 0) throw new UserError("usage", unknown);
  if (begun.mayTell) bequeath(run, applied);
  if (hasHeirs(run) && needsParent(context)) {
    if (continuation?.how === "resume") run.giveBack();
    else run.abandon();
    return "another's";
  }
  await watchDeath(run, services.stateDirectory, context);
  if (options.onOverlap !== "run") {
    const lock = await store.lockFlow(opened.flow.name, run.id).catch((error: unknown) => {
      const what = `Whether another run of "${opened.flow.name}" goes on cannot be found out: ${diskTrouble(error)}.`;
      const help = `without --on-overlap ${options.onOverlap} it runs, whatever else runs`;
      throw userError("usage", "FLOW_LOCK", what, { help, cause: error });
    });
    if (!("held" in lock)) {
      const message = `another run of "${opened.flow.name}" goes on${lock.by === undefined ? "" : `: ${lock.by}`}`;
      if (options.onOverlap === "fail") throw userError("locked", "RUN_LOCKED", message);
      run.end(notRun(message));
      run.settle();
      if (!globals.quiet) host.terminal.stderr.write(`not run: ${message}\n`);
      return "not run";
    }
  }
  const restored = await continuation?.restore(applied.flow, run, context);
  const warnings = await requireSecrets(applied, begun, {
    isStrict: options.strict === true,
    isQuiet: globals.quiet,
  });
  await keepTemplateValues(begun, { variables, params, notifiers: notifiersOf(applied) });
  return {
    ...applied,
    params,
    warnings: [...opened.warnings, ...warnings],
    ...(restored === undefined ? {} : { restored }),
    ...(continuation === undefined ? {} : { answers: continuation.answers }),
  };
}

async function readParameters(
  flow: Flow,
  options: RunCommandOptions,
  { host, globals }: CommandContext,
): Promise<Readonly<Record<string, unknown>>> {
  const given = await givenParameters(options.param, options.paramsFile, { cwd: globals.cwd, files: host.files });
  const resolved = await resolveParameters(flow.params, given);
  if ("diagnostics" in resolved) throw new UserError("usage", resolved.diagnostics);
  return resolved.values;
}

function notRun(message: string) {
  const counts = { ok: 0, failed: 0, skipped: 0, cancelled: 0 };
  return { state: "Skipped", message, counts, failures: [], told: [] } as const;
}
