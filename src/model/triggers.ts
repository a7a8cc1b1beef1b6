import type { Edge } from "./edge.ts";
import { Pause, Skip, TriggerFail, type Signal } from "./signal.ts";
import { isFailed, isFinished, isSuccessful, type State } from "./state.ts";
import type { Trigger, TriggerContext } from "./trigger.ts";

/** How many upstream states there are of each sort; what the triggers of Prefect decide from. */
export interface Tally {
  /** Edges into the task. None is not the same as an empty Mapped upstream. */
  edges: number;
  total: number;
  finished: number;
  successful: number;
  failed: number;
  skipped: number;
}

/** A trigger that needs counts only: the engine counts without making a map. */
export interface CountingTrigger extends Trigger {
  readonly triggerName: string;
  readonly judge: Judge;
}

/** @returns true to run, else the signal that says what becomes of the task */
type Judge = (tally: Tally, context: TriggerContext) => true | Signal;

/** Bounds of `someFailed` and `someSuccessful`, both inclusive. Below 1 it is a fraction of the upstream tasks. */
export interface Bounds {
  readonly atLeast?: number;
  readonly atMost?: number;
}

/** An empty tally. */
export function emptyTally(edges = 0): Tally {
  return { edges, total: 0, finished: 0, successful: 0, failed: 0, skipped: 0 };
}

/** Counts one state in. */
export function count(tally: Tally, subject: State): void {
  tally.total += 1;
  if (subject.type === "Success") {
    tally.finished += 1;
    tally.successful += 1;
    return;
  }
  if (isFinished(subject)) tally.finished += 1;
  if (isSuccessful(subject)) tally.successful += 1;
  else if (isFailed(subject)) tally.failed += 1;
  if (subject.type === "Skipped") tally.skipped += 1;
}

/** All upstream states, each once; a Mapped one stands for its children. */
export function upstreamStates(upstream: ReadonlyMap<Edge, State>): ReadonlySet<State> {
  const all = new Set<State>();
  for (const each of upstream.values()) {
    if (each.type === "Mapped") for (const child of each.children) all.add(child);
    else all.add(each);
  }
  return all;
}

function counting(triggerName: string, judge: Judge): CountingTrigger {
  const trigger = (upstream: ReadonlyMap<Edge, State>, context: TriggerContext): boolean => {
    const tally = emptyTally(upstream.size);
    for (const each of upstreamStates(upstream)) count(tally, each);
    const verdict = judge(tally, context);
    if (verdict === true) return true;
    // eslint-disable-next-line @typescript-eslint/only-throw-error -- a signal is thrown, and is not an Error
    throw verdict;
  };
  return Object.assign(trigger, { triggerName, judge });
}

const fail = (name: string, why: string): Signal => new TriggerFail(`The trigger is ${name}, but ${why}.`);

function some(name: string, what: "failed" | "successful", bounds: Bounds): CountingTrigger {
  const scaled = (bound: number, total: number): number => (bound < 1 ? bound * total : bound);
  return counting(name, (tally) => {
    if (tally.edges === 0) return true;
    const least = scaled(bounds.atLeast ?? 0, tally.total);
    const most = bounds.atMost === undefined ? tally.total : scaled(bounds.atMost, tally.total);
    const found = tally[what];
    if (found >= least && found <= most) return true;
    return fail(name, `${found} of ${tally.total} upstream tasks are ${what}`);
  });
}

/** The default: every upstream task succeeded; a skipped one counts as a success. */
export const allSuccessful: CountingTrigger = counting("all_successful", (t) =>
  t.successful === t.total ? true : fail("all_successful", "some upstream tasks failed"),
);
/** Every upstream task failed. */
export const allFailed: CountingTrigger = counting("all_failed", (t) =>
  t.failed === t.total ? true : fail("all_failed", "some upstream tasks succeeded"),
);
/** At least one upstream task succeeded. */
export const anySuccessful: CountingTrigger = counting("any_successful", (t) =>
  t.edges === 0 || t.successful > 0 ? true : fail("any_successful", "no upstream task succeeded"),
);
/** At least one upstream task failed. */
export const anyFailed: CountingTrigger = counting("any_failed", (t) =>
  t.edges === 0 || t.failed > 0 ? true : fail("any_failed", "no upstream task failed"),
);
/** All upstream tasks are finished, however they ended. */
export const allFinished: CountingTrigger = counting("all_finished", (t) =>
  t.finished === t.total ? true : fail("all_finished", "some upstream tasks are not finished"),
);
/** Another name of `allFinished`. */
export const alwaysRun: CountingTrigger = counting("always_run", allFinished.judge);
/** Always waits for a person: the task is Paused until the run is resumed. */
export const manualOnly: CountingTrigger = counting("manual_only", (_, context) =>
  context.resumed ? true : new Pause("The trigger is manual_only: resume the run to go on."),
);
/** All upstream tasks succeeded, and not all of them were skipped. */
export const notAllSkipped: CountingTrigger = counting("not_all_skipped", (t) => {
  if (t.skipped === t.total) return new Skip("All upstream tasks were skipped.", { result: null });
  return t.successful === t.total ? true : fail("not_all_skipped", "some upstream tasks failed");
});
/** Between `atLeast` and `atMost` upstream tasks failed. */
export const someFailed = (bounds: Bounds = {}): CountingTrigger => some("some_failed", "failed", bounds);
/** Between `atLeast` and `atMost` upstream tasks succeeded. */
export const someSuccessful = (bounds: Bounds = {}): CountingTrigger => some("some_successful", "successful", bounds);

/** All triggers by the names they have in TypeScript. */
export const triggers = {
  allSuccessful,
  allFailed,
  anySuccessful,
  anyFailed,
  allFinished,
  alwaysRun,
  manualOnly,
  notAllSkipped,
  someFailed,
  someSuccessful,
} as const;

/** Those triggers that need no bounds, by the names they have in YAML. */
export const TRIGGERS_BY_NAME: ReadonlyMap<string, CountingTrigger> = new Map(
  [allSuccessful, allFailed, anySuccessful, anyFailed, allFinished, alwaysRun, manualOnly, notAllSkipped].map(
    (each) => [each.triggerName, each] as const,
  ),
);
