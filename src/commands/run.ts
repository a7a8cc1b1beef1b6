import { join } from "node:path";
import { parseDuration } from "../model/duration.ts";
import { UserError, userError, type Diagnostic } from "../model/error.ts";
import type { State } from "../model/state.ts";
import { isFailed } from "../model/state.ts";
import { resolveParameters } from "../authoring/resolve-parameters.ts";
import { beginRun, identify, openStore, type BegunRun } from "./begin-run.ts";
import type { CommandContext } from "./context.ts";
import { applyConfig } from "./apply-config.ts";
import { bequeath } from "./death-hooks.ts";
import { drainEarlier } from "./drain-earlier.ts";
import { executeRun, type Executed } from "./execute-run.ts";
import { explain, redactDiagnostics } from "./explain.ts";
import { flowPlace } from "./flow-place.ts";
import { gitHubMasks } from "./github-masks.ts";
import { givenParameters } from "./given-parameters.ts";
import { openFlow } from "./open-flow.ts";
import { refuse } from "./refuse.ts";
import { openServices, type Services } from "./services.ts";
import { startedBy } from "./started-by.ts";
import { requireSecrets } from "./require-secrets.ts";
import { unknownChannels } from "./unknown-channels.ts";
import { watchDeath, watchExit } from "./watch-run.ts";
import type { Telling } from "./tell.ts";

/** The options of `flowctl run`, as commander reads them. */
export interface RunCommandOptions {
  /** Show the plan and run nothing. */
  readonly dryRun?: boolean;
  readonly name?: string;
  readonly param: readonly string[];
  readonly paramsFile?: string;
  readonly concurrency?: string;
  readonly timeout?: string;
  readonly onOverlap: string;
  readonly ui: string;
  readonly logs?: string;
  readonly report: readonly string[];
  readonly events?: string;
  /** `--notify`: true; `--no-notify`: false. */
  readonly notify?: boolean;
  readonly strictNotify?: boolean;
  readonly strict?: boolean;
  readonly annotations: boolean;
  readonly ascii?: boolean;
}

/** What the numbers and words among the options mean. */
interface Limits {
  readonly concurrency?: number;
  readonly timeout?: number;
}

const PAUSED = 5;
const FAILED = 1;
const NOT_TOLD = 4;
const TIMED_OUT = 124;

/**
 * `flowctl run`: config, record, flow, parameters, secrets, and then the run.
 * What is wrong before the first task runs is a refusal: it is on record and told.
 */
export async function runCommand(
  [path = ""]: readonly string[],
  options: RunCommandOptions,
  context: CommandContext,
): Promise<number> {
  const limits = readLimits(options);
  if (options.dryRun === true) return (await import("./plan.ts")).planCommand([path], options, context);
  const place = flowPlace(path, context);
  const { stderr } = context.host.terminal;
  const masks = await gitHubMasks(context, context.globals.json || options.ui === "json" || options.events === "-");
  const services = await openServices(context, {
    from: place.directory,
    warn: (text) => {
      stderr.write(`warning: ${text}\n`);
    },
    onSecret: (_, value) => {
      masks.add(value);
    },
  });
  const earlier = await buryDead(services, context);
  const drained = drainEarlier(services, context).catch(() => undefined);
  const begun = await beginRun(place, services, context, options.notify !== false);
  watchExit(begun.run, context);
  await watchDeath(begun.run, services.stateDirectory, context);
  try {
    const prepared = await prepare(begun, options, context);
    if (prepared === undefined) return 0;
    masks.announce();
    await warn(prepared.warnings, services, context);
    const executed = await executeRun(begun, { ...prepared, ...limits, options }, context);
    await earlier?.deliver();
    await drained;
    return exitCode(executed, limits, options);
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    const redact = (text: string): string => services.redactor.redact(text);
    const code = explain(error, context.host, { redact, cwd: context.globals.cwd });
    const atTerminal = startedBy(context.host.environment, context.host.terminal) === "terminal";
    await refuse(begun, error, options.notify ?? !atTerminal, context);
    return code;
  }
}

/** Says what is doubtful and does not keep the run from running. */
async function warn(
  warnings: readonly Diagnostic[],
  { redactor }: Services,
  { host, globals }: CommandContext,
): Promise<void> {
  if (warnings.length === 0) return;
  const { renderDiagnostics } = await import("../reporters/diagnostics.ts");
  const shown = redactDiagnostics(warnings, (text) => redactor.redact(text));
  host.terminal.stderr.write(renderDiagnostics(shown, { cwd: globals.cwd }));
}

/** What runs that died without a word have to tell. It costs one look into a directory where there are none. */
async function buryDead(services: Services, context: CommandContext): Promise<Telling | undefined> {
  if (context.host.files.list(join(services.stateDirectory, "live")).length === 0) return undefined;
  const { bury } = await import("./bury.ts");
  return bury(openStore(services, context), services, context);
}

/** All that is looked at before the first task runs; `undefined` where another run goes on and that is fine. */
async function prepare(begun: BegunRun, options: RunCommandOptions, context: CommandContext) {
  const { place, run, services, store } = begun;
  const { host, globals } = context;
  const opened = await openFlow(place, options.name, context);
  identify(begun, opened.flow, opened.hooks);
  await watchDeath(run, services.stateDirectory, context);
  const given = await givenParameters(options.param, options.paramsFile, { cwd: globals.cwd, files: host.files });
  const resolved = await resolveParameters(opened.flow.params, given);
  if ("diagnostics" in resolved) throw new UserError("usage", resolved.diagnostics);
  const applied = await applyConfig(opened.flow, begun.facts(), services.config);
  const unknown = await unknownChannels(applied.flow, opened.hooks, services.config, place.file);
  if (unknown.length > 0) throw new UserError("usage", unknown);
  if (begun.mayTell) bequeath(run, applied);
  await watchDeath(run, services.stateDirectory, context);
  if (options.onOverlap !== "run") {
    const lock = await store.lockFlow(opened.flow.name, run.id);
    if (!("held" in lock)) {
      const message = `another run of "${opened.flow.name}" goes on${lock.by === undefined ? "" : `: ${lock.by}`}`;
      if (options.onOverlap === "fail") throw userError("locked", "RUN_LOCKED", message);
      run.end(notRun(message));
      run.settle();
      if (!globals.quiet) host.terminal.stderr.write(`not run: ${message}\n`);
      return undefined;
    }
  }
  const warnings = await requireSecrets(applied.flow, begun, options.strict === true);
  return { ...applied, params: resolved.values, warnings: [...opened.warnings, ...warnings] };
}

function notRun(message: string) {
  const counts = { ok: 0, failed: 0, skipped: 0, cancelled: 0 };
  return { state: "Skipped", message, counts, failures: [], told: [] } as const;
}

function readLimits(options: RunCommandOptions): Limits {
  const { concurrency, timeout } = options;
  const tasks = concurrency === undefined ? undefined : Number(concurrency);
  if (tasks !== undefined && (!Number.isInteger(tasks) || tasks < 1))
    throw userError("usage", "OPTION", `--concurrency takes a whole number from 1, not "${String(concurrency)}"`);
  const time = timeout === undefined ? undefined : parseDuration(timeout);
  if (timeout !== undefined && time === undefined)
    throw userError("usage", "OPTION", `--timeout takes a duration such as 30s or 10m, not "${timeout}"`);
  oneOf("--on-overlap", options.onOverlap, ["run", "skip", "fail"]);
  oneOf("--ui", options.ui, ["auto", "live", "plain", "json"]);
  oneOf("--logs", options.logs ?? "full", ["full", "failed", "none"]);
  return {
    ...(tasks === undefined ? {} : { concurrency: tasks }),
    ...(time === undefined ? {} : { timeout: time }),
  };
}

function oneOf(option: string, value: string, allowed: readonly string[]): void {
  if (!allowed.includes(value))
    throw userError("usage", "OPTION", `${option} takes ${allowed.join(", ")}, not "${value}"`);
}

function exitCode({ state, undelivered }: Executed, limits: Limits, options: RunCommandOptions): number {
  const code = codeOf(state, limits);
  return code === 0 && undelivered && options.strictNotify === true ? NOT_TOLD : code;
}

function codeOf(state: State, limits: Limits): number {
  if (state.type === "Paused") return PAUSED;
  if (state.type === "TimedOut" && limits.timeout !== undefined) return TIMED_OUT;
  return isFailed(state) || state.type === "Cancelled" ? FAILED : 0;
}
