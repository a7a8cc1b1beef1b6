import { parseDuration } from "../model/duration.ts";
import { userError } from "../model/error.ts";
import type { State } from "../model/state.ts";
import { isFailed } from "../model/state.ts";
import type { CommandContext } from "../coordinator/context.ts";
import type { Limits, RunCommandOptions, RunViewOptions } from "../coordinator/run-options.ts";
import type { Executed } from "../coordinator/execute-run.ts";
import { flowPlace } from "../coordinator/flow-place.ts";
import { performRun } from "../coordinator/perform-run.ts";

const PAUSED = 5;
const FAILED = 1;
const NOT_TOLD = 4;
const TIMED_OUT = 124;

/** `flowctl run`: performs a run from the start, or shows its plan. */
export async function runCommand(
  [path = ""]: readonly string[],
  options: RunCommandOptions,
  context: CommandContext,
): Promise<number> {
  const limits = readLimits(options);
  if (options.dryRun === true) return (await import("./plan.ts")).planCommand([path], options, context);
  return exitCode(await performRun({ place: flowPlace(path, context), options, limits }, context), limits, options);
}

/** @throws UserError "usage" for a number or word that an option does not take */
export function readLimits(options: RunCommandOptions): Limits {
  const { concurrency, timeout, grace } = options;
  const tasks = concurrency === undefined ? undefined : Number(concurrency);
  if (tasks !== undefined && (!Number.isInteger(tasks) || tasks < 1))
    throw userError("usage", "OPTION", `--concurrency takes a whole number from 1, not "${String(concurrency)}"`);
  const time = durationOf("--timeout", timeout);
  const graceMs = durationOf("--grace", grace);
  oneOf("--on-overlap", options.onOverlap, ["run", "skip", "fail"]);
  oneOf("--ui", options.ui, ["auto", "live", "plain", "json"]);
  oneOf("--logs", options.logs ?? "full", ["full", "failed", "none"]);
  return {
    ...(tasks === undefined ? {} : { concurrency: tasks }),
    ...(time === undefined ? {} : { timeout: time }),
    ...(graceMs === undefined ? {} : { graceMs }),
  };
}

function durationOf(option: string, text: string | undefined): number | undefined {
  const ms = text === undefined ? undefined : parseDuration(text);
  if (text !== undefined && ms === undefined)
    throw userError("usage", "OPTION", `${option} takes a duration such as 30s or 10m, not "${text}"`);
  return ms;
}

function oneOf(option: string, value: string, allowed: readonly string[]): void {
  if (!allowed.includes(value))
    throw userError("usage", "OPTION", `${option} takes ${allowed.join(", ")}, not "${value}"`);
}

/** What the process answers for how a run went; a number is one already. */
export function exitCode(executed: Executed | number, limits: Limits, options: RunViewOptions): number {
  if (typeof executed === "number") return executed;
  const code = codeOf(executed.state, limits);
  return code === 0 && executed.undelivered && options.strictNotify === true ? NOT_TOLD : code;
}

function codeOf(state: State, limits: Limits): number {
  if (state.type === "Paused") return PAUSED;
  if (state.type === "TimedOut" && limits.timeout !== undefined) return TIMED_OUT;
  return isFailed(state) || state.type === "Cancelled" ? FAILED : 0;
}
