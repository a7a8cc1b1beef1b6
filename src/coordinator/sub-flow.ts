import { resolveParameters } from "../authoring/resolve-parameters.ts";
import { validateFlow } from "../authoring/validate.ts";
import { matchesRun } from "../hooks/match.ts";
import { UserError } from "../model/error.ts";
import type { RunEvent } from "../model/event.ts";
import type { Flow } from "../model/flow.ts";
import type { Hook } from "../model/hook.ts";
import type { Logger } from "../model/logger.ts";
import { isSuccessful, state } from "../model/state.ts";
import { labelOf } from "../model/tally.ts";
import { verdictOf } from "../model/verdict.ts";
import type { RunRecord } from "../runs/run-record.ts";
import type { Answers } from "./answers.ts";
import { beginRun, reopenRun, type BegunRun } from "./begin-run.ts";
import type { CommandContext } from "./context.ts";
import { bequeath } from "./death-hooks.ts";
import type { PreparedRun } from "./execute-run.ts";
import { openLineGate } from "./line-gate.ts";
import { keepTemplateValues, notifiersOf } from "./message-templates.ts";
import { recordRun, type RecordedRun, type RunParts } from "./record-run.ts";
import { restore, resultsFile, type Continuing } from "./restore.ts";
import { hasHeirs, watchDeath, watchExit } from "./watch-run.ts";

/** How a task calls a sub-flow. */
export interface SubFlowCall {
  readonly params: Readonly<Record<string, unknown>>;
  readonly signal: AbortSignal;
  readonly task: string;
  readonly mapIndex: number | undefined;
  readonly logger: Logger;
}

/** The run that a sub-flow is a part of. */
export interface ParentRun {
  readonly begun: BegunRun;
  readonly prepared: PreparedRun;
  readonly parts: RunParts;
}

/**
 * Runs a flow as a task of another: with an id, a journal and a terminal record of its own, which name the run
 * they belong to. What it writes goes to its own log and to that of the task. Where the parent goes on with an
 * earlier run, the sub-flow goes on with its part of that.
 *
 * @throws UserError where the flow or its parameters are wrong
 */
export async function runSubFlow(
  parent: ParentRun,
  flow: Flow,
  call: SubFlowCall,
  context: CommandContext,
): Promise<Pick<RecordedRun, "state" | "failures">> {
  const wrong = validateFlow(flow).filter((each) => each.severity === "error");
  if (wrong.length > 0) throw new UserError("usage", wrong);
  const resolved = await resolveParameters(flow.params, { values: call.params });
  if ("diagnostics" in resolved) throw new UserError("usage", resolved.diagnostics);
  const earlier = earlierRun(parent, call);
  const begun = await begin(parent, flow, call, earlier, context);
  const { run } = begun;
  watchExit(run, context);
  try {
    const applied = { flow, flowHandlers: [] };
    if (begun.mayTell) bequeath(run, applied);
    await watchDeath(run, begun.services.stateDirectory, context);
    const restored =
      earlier === undefined
        ? undefined
        : await restore(
            flow,
            earlier.record,
            { ...earlier, force: true, answer: (paused) => answersFor(parent, call, paused) },
            context,
          );
    if (restored !== undefined) context.host.files.replace(resultsFile(run.directory), restored.lines, "quick");
    const prepared: PreparedRun = {
      ...applied,
      warnings: [],
      options: parent.prepared.options,
      ...(parent.prepared.graceMs === undefined ? {} : { graceMs: parent.prepared.graceMs }),
      params: resolved.values,
      ...(restored === undefined ? {} : { restored, answers: answersFor(parent, call, restored.paused) }),
    };
    const { variables } = context.host.environment;
    await keepTemplateValues(begun, { variables, params: resolved.values, notifiers: notifiersOf(applied) });
    call.logger.info(`run ${run.id} of flow "${flow.name}"${earlier?.continuing === "resume" ? " goes on" : ""}`);
    const recorded = await recordRun(begun, prepared, partsOf(parent, call, run.id), context);
    for (const problem of recorded.problems) call.logger.warn(problem);
    return recorded;
  } finally {
    if (hasHeirs(run)) parent.parts.settle(run);
    else run.settle();
  }
}

/** An earlier run of the same sub-flow that did not go well, where the parent itself goes on with one. */
function earlierRun(
  { begun }: ParentRun,
  { task, mapIndex }: SubFlowCall,
): { readonly record: RunRecord; readonly continuing: Continuing } | undefined {
  const { will } = begun.run;
  const continuing: Continuing = (will.part ?? 1) > 1 ? "resume" : "retry";
  const of = continuing === "resume" ? will.runId : will.retryOf;
  if (of === undefined) return undefined;
  const record = begun.store
    .list({ all: true, limit: Infinity, since: 0 })
    .find(({ will: { parent } }) => parent?.runId === of && parent.task === task && parent.mapIndex === mapIndex);
  if (record?.end === undefined || isSuccessful(state(record.end.state as "Success"))) return undefined;
  return { record, continuing };
}

/** A hook that hears of the parent's end does not hear of its parts as well. */
async function begin(
  { begun }: ParentRun,
  flow: Flow,
  { task, mapIndex }: SubFlowCall,
  earlier: ReturnType<typeof earlierRun>,
  context: CommandContext,
): Promise<BegunRun> {
  const { place, services, mayTell, run } = begun;
  const facts = begun.facts();
  const own = { ...facts, flow: flow.name, tags: flow.tags, isLoaded: true };
  const isHeard = ({ match }: Hook): boolean => !matchesRun(match, facts) && matchesRun(match, own);
  const hooks = mayTell ? services.config.hooks.filter(isHeard) : [];
  const zone = flow.timezone === undefined ? {} : { timezone: flow.timezone };
  if (earlier?.continuing === "resume") {
    const again = await reopenRun(earlier.record, place, services, context, mayTell);
    again.run.identify({ hooks, isLoaded: true, ...zone });
    return again;
  }
  return beginRun(place, services, context, mayTell, {
    flow: flow.name,
    tags: flow.tags,
    isLoaded: true,
    hooks,
    ...zone,
    parent: { runId: run.id, task, ...(mapIndex === undefined ? {} : { mapIndex }) },
    ...(earlier === undefined ? {} : { retryOf: earlier.record.runId }),
  });
}

/** What a person said of the task is said of what waits in its flow. */
function answersFor({ prepared }: ParentRun, { task, mapIndex }: SubFlowCall, paused: ReadonlySet<string>): Answers {
  const answer = prepared.answers?.get(labelOf({ task, ...(mapIndex === undefined ? {} : { mapIndex }) }));
  return new Map(answer === undefined ? [] : [...paused].map((label) => [label, answer]));
}

function partsOf({ parts }: ParentRun, { signal, logger }: SubFlowCall, runId: string): RunParts {
  const lines = openLineGate();
  return {
    ...parts,
    signal,
    lines,
    attribution: {
      within: (task, body) =>
        parts.attribution.within(
          {
            ...task,
            run: runId,
            take: (line) => {
              lines.take(line);
            },
          },
          body,
        ),
    },
    reporter: {
      onEvent: (event) => {
        forward(event, logger);
      },
    },
  };
}

/** What happens in the sub-flow, as lines of the task that runs it. */
function forward(event: RunEvent, logger: Logger): void {
  if (event.type === "task-output") {
    const from = event.task === undefined ? "" : `${labelOf({ ...event, task: event.task })} | `;
    const { stream, text } = event;
    if (stream !== "stdout" && stream !== "stderr") logger[stream](`${from}${text}`);
    else if (logger.output === undefined) logger.info(`${from}${text}`);
    else logger.output(stream, `${from}${text}`);
  }
  if (event.type !== "task-state") return;
  const verdict = verdictOf(event);
  if (verdict === undefined || verdict === "start" || verdict === "kept") return;
  const said = verdict === "fail" || verdict === "retry" || verdict === "paused" ? `: ${event.to.message ?? ""}` : "";
  logger.info(`${labelOf(event)} ${verdict}${said}`);
}
