import { resolve } from "node:path";
import type { RunFacts } from "../hooks/told.ts";
import { systemLocks } from "../host/lock.ts";
import { systemProcesses, type Processes } from "../host/process.ts";
import type { Flow } from "../model/flow.ts";
import type { Hook } from "../model/hook.ts";
import type { ActiveRun } from "../runs/active-run.ts";
import type { LastState } from "../runs/last-state.ts";
import type { RunRecord } from "../runs/run-record.ts";
import { newRunId } from "../runs/run-id.ts";
import { openRunStore, type RunDraft, type RunStore } from "../runs/run-store.ts";
import type { Will } from "../runs/will.ts";
import type { CommandContext, GlobalOptions } from "./context.ts";
import type { FlowPlace } from "./flow-place.ts";
import { captureValues } from "./message-templates.ts";
import type { Services } from "./services.ts";
import { ciLinks, startedBy } from "./started-by.ts";

/** A run that is on record: whatever happens from now on, it can be told. */
export interface BegunRun {
  readonly place: FlowPlace;
  readonly services: Services;
  readonly store: RunStore;
  readonly run: ActiveRun;
  /** False where nobody is to be told of it, whatever becomes of it. */
  readonly mayTell: boolean;
  /** What is known of the run by now. */
  facts(): RunFacts;
}

/** Opens the record of this project's runs. */
export function openStore(services: Services, { host }: CommandContext): RunStore {
  return openRunStore({
    files: host.files,
    clock: host.clock,
    random: host.random,
    locks: systemLocks(),
    directory: services.stateDirectory,
    project: services.project,
  });
}

/**
 * Puts the run on record, before its flow is loaded.
 * @param mayTell false for a run of which nobody is to be told, whatever becomes of it
 * @param more what is said of this run only
 */
export async function beginRun(
  place: FlowPlace,
  services: Services,
  context: CommandContext,
  mayTell = true,
  more: Partial<RunDraft> = {},
): Promise<BegunRun> {
  const store = openStore(services, context);
  const own = await draftOf(services, mayTell, context);
  const draft = { ...own, flow: place.stem, tags: [], file: place.file, ...more };
  const run = await store.begin(draft, (text) => services.redactor.redact(text));
  context.stop.parent?.begun(run.id);
  return { place, services, store, run, mayTell, facts: () => factsOf(run.will, store) };
}

/** The facts of a run that could not be put on record. */
export async function unrecordedFacts(
  place: FlowPlace,
  services: Services,
  context: CommandContext,
): Promise<RunFacts> {
  const { clock, random } = context.host;
  const now = clock.now();
  const identity = { version: 1, runId: newRunId(now, random), project: services.project.name } as const;
  const startedAt = new Date(now).toISOString();
  const draft = { ...(await draftOf(services, true, context)), flow: place.stem, tags: [], file: place.file };
  return factsOf({ ...identity, startedAt, ...draft }, openStore(services, context));
}

/** Goes on with a run that has ended. @throws UserError "locked" where it goes on already */
export async function reopenRun(
  record: RunRecord,
  place: FlowPlace,
  services: Services,
  context: CommandContext,
  mayTell = true,
  isAlone = false,
): Promise<BegunRun> {
  const store = openStore(services, context);
  const draft = { ...(await draftOf(services, mayTell, context)), isAlone };
  const run = await store.reopen(record, draft, (text) => services.redactor.redact(text));
  context.stop.parent?.begun(run.id);
  return { place, services, store, run, mayTell, facts: () => factsOf(run.will, store) };
}

function chosenIn({ config, profile, cwd }: GlobalOptions): Will["chosen"] {
  if (config === undefined && profile === undefined) return undefined;
  return {
    ...(config === undefined ? {} : { config: config === "none" ? config : resolve(cwd, config) }),
    ...(profile === undefined ? {} : { profile }),
  };
}

/** What the will of a run says of this process and its config. */
async function draftOf(
  services: Services,
  mayTell: boolean,
  { host, globals }: CommandContext,
): Promise<Omit<RunDraft, "flow" | "tags" | "file">> {
  const { environment } = host;
  const processes = systemProcesses();
  const { hooks, channels, timezone } = services.config;
  const { variables } = environment;
  const redact = (text: string): string => services.redactor.redactMessage(text);
  const optional = {
    timezone,
    templateValues: await captureValues({ hooks, channels }, { variables }, redact),
    processStart: processes.startTime(environment.pid),
    machineId: processes.machineId(),
    bootId: processes.bootId(),
    // Only where somebody is told of it.
    memory: mayTell && hooks.length > 0 ? memoryOf(processes) : undefined,
    config: services.config.file,
    chosen: chosenIn(globals),
    namespace: services.config.secrets.namespace,
  };
  return {
    host: environment.hostname,
    user: environment.user,
    pid: environment.pid,
    startedBy: startedBy(environment, host.terminal),
    cwd: globals.cwd,
    hooks: mayTell ? hooks : [],
    channels,
    links: ciLinks(variables),
    ...(Object.fromEntries(Object.entries(optional).filter(([, value]) => value !== undefined)) as Partial<Will>),
  };
}

/** Where the system counts what it kills for want of memory, and how many that are by now. */
export function memoryOf(processes: Processes): Will["memory"] {
  const events = processes.memoryEvents();
  const kills = events === undefined ? undefined : processes.memoryKills(events);
  return events === undefined || kills === undefined ? undefined : { events, kills };
}

/**
 * A run's facts, from its will: the same for the run and for whoever finds it dead.
 * @param previous how the run before it ended, `null` where there was none; looked up where it is not given
 */
export function factsOf(will: Will, store: RunStore, previous?: LastState | null): RunFacts {
  const last = previous === undefined ? store.lastState(will.flow, will, will.project) : (previous ?? undefined);
  const source = {
    project: will.project,
    ...(will.namespace === undefined ? {} : { namespace: will.namespace }),
    ...(will.config === undefined ? {} : { config: will.config }),
  };
  return {
    runId: will.runId,
    flow: will.flow,
    tags: will.tags,
    ...(will.file === undefined ? {} : { file: will.file }),
    isLoaded: will.isLoaded === true,
    startedAt: Date.parse(will.startedAt),
    host: will.host,
    user: will.user,
    project: will.project,
    startedBy: will.startedBy,
    ...(will.links === undefined ? {} : { links: will.links }),
    hooks: will.hooks,
    channels: will.channels,
    ...(will.timezone === undefined ? {} : { timezone: will.timezone }),
    ...(will.templateValues === undefined ? {} : { templateValues: will.templateValues }),
    source,
    ...(will.part === undefined ? {} : { part: will.part }),
    ...(last === undefined ? {} : { previous: previousOf(last) }),
  };
}

function previousOf(last: LastState): NonNullable<RunFacts["previous"]> {
  const { runId, part, state, failedInARow: failed, at, since } = last;
  // Where it is not known who heard of it, everybody hears of it again: a message too many, never one too few.
  const heardBy = (last as Partial<LastState>).heardBy ?? [];
  const which = { runId, ...(part === undefined ? {} : { part }) };
  return { ...which, state, failed, at: Date.parse(at), since: Date.parse(since), heardBy };
}

/** Completes the record with what the loaded flow says, and with the hooks that are about it. */
export async function identify(
  begun: BegunRun,
  flow: Pick<Flow, "name" | "tags" | "timezone">,
  hooks: readonly Hook[],
): Promise<void> {
  const { run, services, mayTell, store } = begun;
  const all = mayTell ? [...services.config.hooks, ...hooks] : [];
  const timezone = flow.timezone ?? services.config.timezone;
  const zone = timezone === undefined ? {} : { timezone };
  const known = { flow: flow.name, tags: flow.tags, isLoaded: true, ...zone };
  const matching = all.length === 0 ? all : await about(factsOf({ ...run.will, ...known }, store), all);
  run.identify({ ...known, hooks: matching });
}

async function about(facts: RunFacts, hooks: readonly Hook[]): Promise<readonly Hook[]> {
  const { matchesRun } = await import("../hooks/match.ts");
  return hooks.filter((hook) => matchesRun(hook.match, facts));
}
