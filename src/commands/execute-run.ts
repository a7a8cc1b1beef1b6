import { runFlow } from "../engine/run-flow.ts";
import type { Diagnostic } from "../model/error.ts";
import type { RunEvent, RunState } from "../model/event.ts";
import type { Flow } from "../model/flow.ts";
import { isNotifier } from "../model/notifier.ts";
import type { State } from "../model/state.ts";
import { Tally } from "../model/tally.ts";
import type { NewItem } from "../outbox/item.ts";
import type { NotifyService } from "../outbox/notify-service.ts";
import { createRecorder } from "../recorder.ts";
import type { Multiplexer } from "../reporters/multiplexer.ts";
import type { Answers } from "./answers.ts";
import type { AppliedConfig } from "./apply-config.ts";
import { attributeOutput } from "./attribution.ts";
import type { BegunRun } from "./begin-run.ts";
import { openCache } from "./open-cache.ts";
import { chooseReporter } from "./choose-reporter.ts";
import type { CommandContext } from "./context.ts";
import { closeResults, openResults } from "./keep-results.ts";
import { taskServices } from "./task-services.ts";
import { leaveToDrainer } from "./leave-drainer.ts";
import { openLineGate } from "./line-gate.ts";
import type { Restored } from "./restore.ts";
import type { RunViewOptions } from "./run.ts";
import { telling, type Telling } from "./tell.ts";

/** A run that is ready to go. */
export interface PreparedRun extends AppliedConfig {
  readonly params: Readonly<Record<string, unknown>>;
  readonly warnings: readonly Diagnostic[];
  readonly concurrency?: number;
  /** Milliseconds. */
  readonly timeout?: number;
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

/** Runs the flow, records what happens, and delivers what is to be told of it. */
export async function executeRun(begun: BegunRun, prepared: PreparedRun, context: CommandContext): Promise<Executed> {
  const { host, stop } = context;
  const { run, services } = begun;
  const { flow, options } = prepared;
  using view = await chooseReporter(begun, options, context);
  const { reporter } = view;
  const told = telling(services, context);
  const tally = new Tally();
  const deriver = hasToTell(begun, prepared) ? await redactedDeriver(begun) : undefined;
  const results = openResults(begun, prepared, context);
  const recorder = createRecorder({
    journal: {
      record(event, items) {
        tally.add(event);
        run.journal.record(event, items);
      },
    },
    keep: (event) => results.record(event),
    derive: (event) => deriver?.on(event) ?? [],
    enqueue: (items) => told.enqueue(items),
    end: (event, items) => {
      results.flush();
      return endRecord(begun, event, { tally, items }).isOurs;
    },
    reporter,
  });
  const lines = openLineGate();
  const attribution = attributeOutput(host.terminal, services.redactor, (line) => {
    lines.take(line);
  });
  const cache = await openCache(begun, prepared, context);
  const notify = notifyLater(begun, flow, told, context);
  using slow = await watchForSlow(begun, told, context);
  try {
    const { state } = await runFlow(flow, {
      runId: run.id,
      params: prepared.params,
      recorder,
      clock: host.clock,
      random: host.random,
      signal: stop.signal,
      ...limitsOf(begun, prepared),
      secret: async (name) => (await services.secrets()).get(name),
      notify: async (request, from) => (await notify())(request, from),
      service: taskServices(begun, { hold: () => view.hold(), answers: prepared.answers }, context),
      listen: (write) => {
        lines.onLine(write);
      },
      within: (task, body) => attribution.within(task, body),
      ...(prepared.taskHandlers === undefined ? {} : { taskHandlers: prepared.taskHandlers }),
      flowHandlers: prepared.flowHandlers,
      ...startOf(prepared.restored),
      ...(cache === undefined ? {} : { cache: cache.store }),
    });
    attribution.release();
    slow?.[Symbol.dispose]();
    closeResults(results, state, tally, begun, context);
    for (const problem of cache?.problems ?? []) host.terminal.stderr.write(`warning: ${problem}\n`);
    return await finish(begun, state, { told, reporter }, context);
  } finally {
    attribution.release();
  }
}

/** Without anything to go on from nothing is said of it. */
function startOf(restored: Restored | undefined) {
  if (restored === undefined) return {};
  return { taskStates: restored.states, announceKept: true, lastSeq: restored.lastSeq };
}

function limitsOf({ services }: BegunRun, { concurrency, timeout, flow }: PreparedRun) {
  const tasks = concurrency ?? flow.concurrency ?? services.config.concurrency;
  return {
    pools: services.config.pools,
    ...(tasks === undefined ? {} : { concurrency: tasks }),
    ...(timeout === undefined ? {} : { timeout }),
  };
}

function quotaOf({ maxPerRun }: BegunRun["services"]["config"]["delivery"]) {
  return maxPerRun === undefined ? {} : { mostPerRun: maxPerRun };
}

/** Most runs have no hook that asks for it. */
async function watchForSlow(begun: BegunRun, told: Telling, context: CommandContext): Promise<Disposable | undefined> {
  if (!begun.run.will.hooks.some(({ slowAfter }) => slowAfter !== undefined)) return undefined;
  return (await import("./watch-slow.ts")).watchSlow(begun, told, context);
}

function endRecord(
  { run }: BegunRun,
  event: RunState,
  { tally, items }: { readonly tally: Tally; readonly items: readonly NewItem[] },
) {
  return run.end({
    state: event.to.type,
    message: event.to.message,
    counts: tally.counts,
    failures: tally.failures,
    told: items,
    ...(event.to.type === "Success" && event.to.result !== null ? { result: event.to.result } : {}),
  });
}

/** What events cause to be told, without secrets: journal and terminal record keep it as it is. */
async function redactedDeriver(begun: BegunRun): Promise<{ on(event: RunEvent): readonly NewItem[] }> {
  const [{ createDeriver }, { redactedNews }] = await Promise.all([
    import("../hooks/derive.ts"),
    import("../outbox/make-items.ts"),
  ]);
  const deriver = createDeriver(() => begun.facts(), quotaOf(begun.services.config.delivery));
  const redact = (text: string): string => begun.services.redactor.redactMessage(text);
  return { on: (event) => deriver.on(event).map((item) => redactedNews(item, redact)) };
}

/** The outbox holds all there is to tell: from here on nothing is lost, whatever becomes of this process. */
async function finish(
  begun: BegunRun,
  state: State,
  parts: { readonly told: Telling; readonly reporter: Multiplexer },
  context: CommandContext,
): Promise<Executed> {
  const { host } = context;
  const { run, store } = begun;
  run.settle();
  const summary = await parts.told.deliver();
  const left = await leaveToDrainer(summary, begun.services.stateDirectory, context);
  const notifications =
    summary === undefined
      ? []
      : [...(await import("../outbox/summary.ts")).summaryLines(summary, host.clock.now()), ...left];
  const { will } = run;
  await parts.reporter.onEnd({
    runId: run.id,
    flow: will.flow,
    file: will.file,
    durationMs: host.clock.now() - Date.parse(will.startedAt),
    notifications,
  });
  for (const problem of parts.reporter.problems) host.terminal.stderr.write(`warning: ${problem}\n`);
  store.prune();
  const undelivered = summary?.outcomes.some(({ state }) => state !== "sent" && state !== "suppressed") ?? false;
  return { state, undelivered };
}

/** A flow that has nobody to tell pays nothing for those who do. */
function hasToTell({ run, mayTell }: BegunRun, { flow, flowHandlers, taskHandlers }: PreparedRun): boolean {
  if (!mayTell) return false;
  return (
    run.will.hooks.length > 0 ||
    taskHandlers !== undefined ||
    [...flowHandlers, ...flow.stateHandlers].some(isNotifier) ||
    flow.tasks.some((task) => task.stateHandlers.some(isNotifier))
  );
}

/** The service notification tasks send through, made when the first of them does. */
function notifyLater(
  begun: BegunRun,
  flow: Flow,
  told: Telling,
  { stop }: CommandContext,
): () => Promise<NotifyService> {
  let made: Promise<NotifyService> | undefined;
  const make = async (): Promise<NotifyService> => {
    const { createNotifyService } = await import("../outbox/notify-service.ts");
    const { source } = begun.facts();
    return createNotifyService({
      outbox: await begun.services.outbox(),
      channels: begun.services.config.channels,
      runId: begun.run.id,
      flow: flow.name,
      signal: stop.signal,
      ...(source === undefined ? {} : { source }),
      onEnqueued: (ids) => {
        told.note(ids);
      },
    });
  };
  return () => (made ??= make());
}
