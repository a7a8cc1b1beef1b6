import { runFlow } from "../engine/run-flow.ts";
import type { RunEvent, RunState } from "../model/event.ts";
import { isNotifier } from "../model/notifier.ts";
import type { State } from "../model/state.ts";
import { Tally, type Failure } from "../model/tally.ts";
import type { NewItem } from "../outbox/item.ts";
import type { NotifyService } from "../outbox/notify-service.ts";
import { createRecorder } from "../recorder.ts";
import type { Reporter } from "../reporters/reporter.ts";
import type { ActiveRun } from "../runs/active-run.ts";
import { unlessRejected } from "./answers.ts";
import type { Attribution } from "./attribution.ts";
import type { BegunRun } from "./begin-run.ts";
import type { CommandContext } from "./context.ts";
import type { PreparedRun } from "./execute-run.ts";
import { aboutTask, messageTemplates, notifiersOf } from "./message-templates.ts";
import { closeResults, openResults } from "./keep-results.ts";
import type { LineGate } from "./line-gate.ts";
import { openCache } from "./open-cache.ts";
import type { Restored } from "./restore.ts";
import { taskServices } from "./task-services.ts";
import type { Telling } from "./tell.ts";

/** What a run shares with the runs of its sub-flows, and what each has for itself. */
export interface RunParts {
  readonly reporter: Pick<Reporter, "onEvent">;
  readonly told: Telling;
  readonly attribution: Pick<Attribution, "within">;
  /** Where lines come from that its tasks write to the process's streams. */
  readonly lines: LineGate;
  /** Cancels it. */
  readonly signal: AbortSignal;
  /** Settles the run of a sub-flow that has ended, as soon as all that it has to tell is safe: now, or with the run. */
  readonly settle: (run: Pick<ActiveRun, "settle" | "leave">) => void;
  /** Keeps the view still while a person is asked. */
  readonly hold: () => () => void;
}

/** A run that has come to its end, and what else is to be said of it. */
export interface RecordedRun {
  readonly state: State;
  readonly failures: readonly Failure[];
  readonly problems: readonly string[];
}

/** Runs a flow whose run has begun, and puts all of it on record: journal, results, terminal record, outbox. */
export async function recordRun(
  begun: BegunRun,
  prepared: PreparedRun,
  parts: RunParts,
  context: CommandContext,
): Promise<RecordedRun> {
  const { host } = context;
  const { run, services } = begun;
  const { flow } = prepared;
  const { reporter, told, attribution, lines, signal } = parts;
  const tally = new Tally();
  const deriver = hasToTell(begun, prepared) ? await redactedDeriver(begun, prepared) : undefined;
  const results = openResults(begun, prepared, context);
  const recorder = createRecorder({
    journal: {
      record(event, items) {
        tally.add(event);
        run.journal.record(event, items);
      },
      flush() {
        run.journal.flush();
      },
    },
    results,
    derive: (event) => deriver?.on(event) ?? [],
    enqueue: (items) => told.enqueue(items),
    end: (event, items) => {
      void results.flush();
      return endRecord(begun, event, { tally, items }).isOurs;
    },
    reporter,
  });
  const cache = await openCache(begun, prepared, context);
  const notify = notifyLater(begun, prepared, parts, context);
  using slow = await watchForSlow(begun, told, context);
  const { state } = await runFlow(flow, {
    runId: run.id,
    params: prepared.params,
    recorder,
    clock: host.clock,
    random: host.random,
    signal,
    ...limitsOf(begun, prepared),
    secret: async (name) => (await services.secrets()).get(name),
    notify: async (request, from) => {
      // Values of a notification task's own options: a service may repeat them.
      for (const [name, value] of Object.entries(request.values ?? {})) services.redactor.register(name, value);
      return (await notify())(request, from);
    },
    service: taskServices(begun, prepared, parts, context),
    listen: (write) => {
      lines.onLine(write);
    },
    within: (task, body) => attribution.within(task, unlessRejected(prepared.answers, task, body)),
    ...(prepared.taskHandlers === undefined ? {} : { taskHandlers: prepared.taskHandlers }),
    flowHandlers: prepared.flowHandlers,
    ...startOf(prepared.restored),
    ...(cache === undefined ? {} : { cache: cache.store }),
  });
  slow?.[Symbol.dispose]();
  const problems = closeResults(results, state, tally, begun, context);
  return { state, failures: tally.failures, problems: [...problems, ...(cache?.problems ?? [])] };
}

/** Without anything to go on from nothing is said of it. */
function startOf(restored: Restored | undefined) {
  if (restored === undefined) return {};
  return { taskStates: restored.states, announceKept: true, lastSeq: restored.lastSeq };
}

function limitsOf({ services }: BegunRun, { concurrency, timeout, graceMs, flow }: PreparedRun) {
  const tasks = concurrency ?? flow.concurrency ?? services.config.concurrency;
  return {
    pools: services.config.pools,
    ...(tasks === undefined ? {} : { concurrency: tasks }),
    ...(timeout === undefined ? {} : { timeout }),
    ...(graceMs === undefined ? {} : { graceMs }),
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
async function redactedDeriver(
  begun: BegunRun,
  prepared: PreparedRun,
): Promise<{ on(event: RunEvent): readonly NewItem[] }> {
  const [{ createDeriver }, { redactedNews }] = await Promise.all([
    import("../hooks/derive.ts"),
    import("../outbox/make-items.ts"),
  ]);
  const templates = await messageTemplates(begun.facts(), notifiersOf(prepared));
  const deriver = createDeriver(() => ({ ...begun.facts(), ...templates }), quotaOf(begun.services.config.delivery));
  const redact = (text: string): string => begun.services.redactor.redactMessage(text);
  return { on: (event) => deriver.on(event).map((item) => redactedNews(item, redact)) };
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
  prepared: PreparedRun,
  { told, signal }: RunParts,
  { host }: CommandContext,
): () => Promise<NotifyService> {
  let made: Promise<NotifyService> | undefined;
  const make = async (): Promise<NotifyService> => {
    const { flow, restored } = prepared;
    const [{ createNotifyService }, { withFallback }, { forChannel, placeOf, withOwnText }] = await Promise.all([
      import("../outbox/notify-service.ts"),
      import("../hooks/hook-told.ts"),
      import("../hooks/run-alert.ts"),
    ]);
    const facts = begun.facts();
    const { source } = facts;
    const { channels } = begun.services.config;
    const { templates } = await messageTemplates({ ...facts, channels }, notifiersOf(prepared));
    const addressed = (item: NewItem): NewItem => {
      const place = { flow: flow.name, runId: begun.run.id, ...placeOf(facts), at: host.clock.now() };
      const about = aboutTask(item.message, place);
      const strict = item.message;
      const message =
        strict.kind === "alert"
          ? { ...strict, alert: withOwnText({ ...strict.alert, ...placeOf(facts) }, strict.alert.text, templates) }
          : strict;
      const own = { ...item, message: forChannel(message, item.definition, { templates, about }) };
      return withFallback(own, { channels, templates, about });
    };
    return createNotifyService({
      outbox: await begun.services.outbox(),
      channels,
      withFallback: addressed,
      runId: begun.run.id,
      flow: flow.name,
      partOf: (label) => (restored?.ended.has(label) === true ? begun.run.will.part : undefined),
      signal,
      ...(source === undefined ? {} : { source }),
      onEnqueued: (ids) => {
        told.note(ids);
      },
    });
  };
  return () => (made ??= make());
}
