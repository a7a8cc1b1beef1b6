import { closest, distance } from "fastest-levenshtein";
import { userError } from "../model/error.ts";
import { isFailed, isSuccessful, state } from "../model/state.ts";
import type { RunRecord } from "../runs/run-record.ts";
import type { RunStore } from "../runs/run-store.ts";
import { shownState } from "../runs/select-run.ts";
import type { Answer, Answers } from "../coordinator/answers.ts";
import type { CommandContext } from "../coordinator/context.ts";
import type { Continuation } from "../coordinator/continuation.ts";
import { sayContinued } from "./continued-text.ts";
import { flowPlace } from "../coordinator/flow-place.ts";
import { openHistory } from "./open-history.ts";
import { performRun } from "../coordinator/perform-run.ts";
import { restore, restoreParameters, resultsFile, type Continuing } from "../coordinator/restore.ts";
import type { RunCommandOptions, RunViewOptions } from "../coordinator/run-options.ts";
import { exitCode, readLimits } from "./run.ts";

/** Options of `flowctl runs resume` and `flowctl runs retry`. */
export interface RunsResumeOptions extends RunViewOptions {
  readonly param: readonly string[];
  readonly paramsFile?: string;
  /** Runs what has changed in the flow again, too. */
  readonly force?: boolean;
  /** Names of tasks, or true for all that wait. */
  readonly approve?: readonly string[] | true;
  readonly reject?: readonly string[] | true;
  /** `task=text`, or the text alone where one task waits. */
  readonly input?: readonly string[];
}

/** `flowctl runs resume [RUN]`: goes on with a run that is paused, or that ended before all was done. */
export async function runsResumeCommand(
  [reference = "last"]: readonly string[],
  options: RunsResumeOptions,
  context: CommandContext,
): Promise<number> {
  return continueRun("resume", reference, options, context);
}

/** `flowctl runs retry [RUN]`: a new run that does again what did not go well in an earlier one. */
export async function runsRetryCommand(
  [reference = "last-failed"]: readonly string[],
  options: RunsResumeOptions,
  context: CommandContext,
): Promise<number> {
  return continueRun("retry", reference, options, context);
}

async function continueRun(
  how: Continuing,
  reference: string,
  options: RunsResumeOptions,
  context: CommandContext,
): Promise<number> {
  const runOptions: RunCommandOptions = { ...options, onOverlap: "run" };
  const limits = readLimits(runOptions);
  // A run whose process is gone has its record from here on.
  const { store } = await openHistory(context, { state: "writes" });
  const record = store.find(reference);
  refuseUnfit(how, record, store);
  const { file, flow, isLoaded } = record.will;
  const place = flowPlace(file ?? "", context);
  const continuation = continuationOf(how, record, options);
  // Another config has other profiles.
  const chosen = context.globals.config === undefined ? record.will.chosen : undefined;
  const { config = chosen?.config, profile = chosen?.profile } = context.globals;
  const executed = await performRun(
    // A run that died before its flow was loaded is called by its file.
    { place, options: { ...runOptions, ...(isLoaded === true ? { name: flow } : {}) }, limits, continuation },
    { ...context, globals: { ...context.globals, config, profile } },
  );
  return exitCode(executed, limits, options);
}

function refuseUnfit(how: Continuing, { runId, will, end, ...rest }: RunRecord, store: RunStore): void {
  const refuse = (message: string, help: string): never => {
    throw userError("usage", "RUN_NOT_CONTINUED", message, { help });
  };
  const file = will.file ?? will.flow;
  if (end === undefined)
    throw userError("locked", "RUN_LOCKED", `Run ${runId} goes on: process ${will.pid} on ${will.host}.`);
  if (will.parent !== undefined)
    refuse(`Run ${runId} is part of run ${will.parent.runId}.`, `flowctl runs ${how} ${will.parent.runId}`);
  if (end.reason === "refused") {
    const before = lastThatRan(will.flow, store);
    const isLeft = before?.end !== undefined && isFailed(state(before.end.state as "Failed"));
    refuse(
      `Nothing of run ${runId} ran: ${end.message ?? "it was refused"}`,
      isLeft ? `the run before it: flowctl runs ${how} ${before.runId}` : `flowctl run ${file}`,
    );
  }
  const shown = shownState({ runId, will, end, ...rest });
  if (how === "retry" && shown === "Paused")
    refuse(`Run ${runId} is paused: nothing of it is to be done again.`, `flowctl runs resume ${runId}`);
  const isWhole = isSuccessful(state(end.state as "Success"));
  if (isWhole && (how === "resume" || end.counts.failed === 0))
    refuse(`Run ${runId} went well: there is nothing left of it to do.`, `flowctl run ${file}`);
}

/** A mistyped command is not what a person wants to go on with, but what it stood for. */
function lastThatRan(flow: string, store: RunStore): RunRecord | undefined {
  return store
    .list({ flow: (name) => name === flow })
    .find(({ will, end }) => will.parent === undefined && end?.reason !== "refused");
}

function continuationOf(how: Continuing, record: RunRecord, options: RunsResumeOptions): Continuation {
  const answers = new Map<string, Answer>();
  return {
    how,
    record,
    answers,
    async params(context) {
      const { values, lost } = await restoreParameters(record, context);
      const isGiven = options.param.length > 0 || options.paramsFile !== undefined;
      if (lost !== undefined && !isGiven)
        throw userError(
          "usage",
          "PARAMETERS_LOST",
          `The parameters of run ${record.runId} were not kept: one of them ${lost.replace(/^it /, "")}.`,
          {
            help: `Give them again: flowctl runs ${how} ${record.runId} -p name=value`,
          },
        );
      if (values !== undefined && isGiven)
        throw userError(
          "usage",
          "PARAMETERS_KEPT",
          `Run ${record.runId} keeps its parameters: what is done was done with them.`,
          {
            help: `With others it is another run: flowctl run ${record.will.file ?? record.will.flow} -p …`,
          },
        );
      return values;
    },
    async restore(flow, run, context) {
      const answer = (paused: ReadonlySet<string>): void => {
        for (const [task, said] of answersOf(paused, options)) answers.set(task, said);
      };
      const restored = await restore(flow, record, { continuing: how, force: options.force === true, answer }, context);
      // The file begins anew: what is done again must not be found as done before.
      context.host.files.replace(resultsFile(run.directory), restored.lines, "quick");
      sayContinued(how, record, restored, context);
      return restored;
    },
  };
}

/** Which waiting task is told what. */
function answersOf(paused: ReadonlySet<string>, { approve, reject, input }: RunsResumeOptions): Answers {
  const waiting = [...paused];
  const answers = new Map<string, Answer>();
  const chosen = (option: string, names: readonly string[] | true): readonly string[] => {
    if (names === true && waiting.length === 0)
      throw userError("usage", "NOTHING_ASKED", `${option}: no task of the run waits for an answer.`);
    return names === true ? waiting : names.map((name) => known(option, name, waiting));
  };
  for (const task of chosenIf("--approve", approve, chosen)) answers.set(task, { approved: true });
  for (const task of chosenIf("--reject", reject, chosen)) {
    if (answers.has(task)) throw userError("usage", "OPTION", `"${task}" is both approved and rejected.`);
    answers.set(task, { approved: false });
  }
  for (const each of input ?? []) {
    const [, name = "", text = ""] = /^([^=]*)=(.*)$/s.exec(each) ?? [];
    if (waiting.includes(name)) answers.set(name, { text });
    else if (waiting.length === 1 && waiting[0] !== undefined) answers.set(waiting[0], { text: each });
    else answers.set(known("--input", name, waiting), { text });
  }
  return answers;
}

function chosenIf(
  option: string,
  names: readonly string[] | true | undefined,
  choose: (option: string, names: readonly string[] | true) => readonly string[],
): readonly string[] {
  return names === undefined ? [] : choose(option, names);
}

function known(option: string, name: string, waiting: readonly string[]): string {
  if (waiting.includes(name)) return name;
  const near = waiting.length === 0 ? undefined : closest(name, waiting);
  const help =
    near === undefined
      ? "No task of the run waits for an answer."
      : distance(name, near) <= 3
        ? `Did you mean "${near}"?`
        : `What waits: ${waiting.join(", ")}`;
  throw userError("usage", "NOTHING_ASKED", `${option}: task "${name}" does not wait for an answer.`, { help });
}
