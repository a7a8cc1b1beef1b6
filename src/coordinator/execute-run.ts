import type { Diagnostic } from "../model/error.ts";
import type { State } from "../model/state.ts";
import type { Multiplexer } from "../reporters/multiplexer.ts";
import type { Answers } from "./answers.ts";
import type { AppliedConfig } from "./apply-config.ts";
import type { ActiveRun } from "../runs/active-run.ts";
import { attributeOutput } from "./attribution.ts";
import type { BegunRun } from "./begin-run.ts";
import { chooseReporter } from "./choose-reporter.ts";
import type { CommandContext } from "./context.ts";
import { givenUpLines } from "./given-up.ts";
import { leaveToDrainer } from "./leave-drainer.ts";
import { openLineGate } from "./line-gate.ts";
import { recordRun } from "./record-run.ts";
import type { Restored } from "./restore.ts";
import type { RunViewOptions } from "./run-options.ts";
import { BESIDE_RUN, telling, type Telling } from "./tell.ts";

/** A run that is ready to go. */
export interface PreparedRun extends AppliedConfig {
  readonly params: Readonly<Record<string, unknown>>;
  readonly warnings: readonly Diagnostic[];
  readonly concurrency?: number;
  /** Milliseconds. */
  readonly timeout?: number;
  /** Over the grace of tasks and flow. */
  readonly graceMs?: number;
  readonly options: RunViewOptions;
  /** What it goes on from. */
  readonly restored?: Restored;
  /** What a person has answered to tasks that wait. */
  readonly answers?: Answers;
}

/** How it went. */
export interface Executed {
  readonly state: State;
  /** Whether something that was to be told has not been delivered. */
  readonly undelivered: boolean;
}

type Settling = Pick<ActiveRun, "settle" | "leave">;

/** Runs the flow, shows and records what happens, and delivers what is to be told of it. */
export async function executeRun(begun: BegunRun, prepared: PreparedRun, context: CommandContext): Promise<Executed> {
  const { host, stop } = context;
  const { services } = begun;
  using view = await chooseReporter(begun, prepared.options, context);
  const { reporter } = view;
  using told = telling(services, context, BESIDE_RUN);
  /** Runs of sub-flows with something to tell that is not safe yet. */
  const ended: Settling[] = [];
  const lines = openLineGate();
  const attribution = attributeOutput(host.terminal, services.redactor, (line) => {
    if (line.task?.take === undefined) lines.take(line);
    else line.task.take(line);
  });
  try {
    const settle = (run: Settling): void => {
      ended.push(run);
      if (told.isSafe()) for (const each of ended.splice(0)) each.settle();
    };
    const parts = { reporter, told, attribution, lines, settle, signal: stop.signal, hold: () => view.hold() };
    const { state, problems } = await recordRun(begun, prepared, parts, context);
    attribution.release();
    for (const problem of problems) host.terminal.stderr.write(`warning: ${problem}\n`);
    return await finish(begun, state, { told, reporter, runs: [...ended, begun.run] }, context);
  } finally {
    attribution.release();
  }
}

/** The outbox holds all there is to tell: from here on nothing is lost, whatever becomes of this process. */
async function finish(
  begun: BegunRun,
  state: State,
  parts: { readonly told: Telling; readonly reporter: Multiplexer; readonly runs: readonly Settling[] },
  context: CommandContext,
): Promise<Executed> {
  const { host } = context;
  const { run, store } = begun;
  // The run's own time: what is waited for from here on is the delivery of messages.
  const durationMs = host.clock.now() - Date.parse(run.will.startedAt);
  if (parts.told.isSafe()) for (const each of parts.runs) each.settle();
  const summary = await parts.told.deliver();
  // What a full disk did not take and nobody heard is in the terminal record: a later command puts it in the outbox.
  const isSafe = parts.told.isSafe();
  for (const each of parts.runs) {
    if (isSafe) each.settle();
    else each.leave({ isReported: false });
  }
  const left = await leaveToDrainer(summary, begun.services.stateDirectory, context);
  const own =
    summary === undefined ? [] : (await import("../outbox/summary.ts")).summaryLines(summary, host.clock.now());
  const outcomes = summary?.outcomes ?? [];
  const givenUp = await givenUpLines(begun.services, new Set(outcomes.map(({ id }) => id)), context);
  const { will } = run;
  const undelivered = outcomes.some((each) => each.state !== "sent" && each.state !== "suppressed");
  await parts.reporter.onEnd({
    runId: run.id,
    flow: will.flow,
    file: will.file,
    durationMs,
    notifications: [...own, ...left, ...givenUp],
    undelivered,
    needsPerson: givenUp.length > 0 || outcomes.some((each) => each.state === "held" || each.state === "dead"),
  });
  for (const problem of [...parts.reporter.problems, ...run.troubles])
    host.terminal.stderr.write(`warning: ${problem}\n`);
  store.prune();
  return { state, undelivered };
}
