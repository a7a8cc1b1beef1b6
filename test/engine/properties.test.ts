import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { SimulatedClock } from "./simulated-clock.ts";
import { isFinished, type StateType } from "../../src/model/state.ts";
import { Skip } from "../../src/model/signal.ts";
import type { Task } from "../../src/model/task.ts";
import type { Trigger } from "../../src/model/trigger.ts";
import { TRIGGERS_BY_NAME } from "../../src/model/triggers.ts";
import { edge, graph, node, run, taskStates, type Ran } from "./rig.ts";

const TRIGGERS = [
  "all_successful",
  "all_failed",
  "any_successful",
  "any_failed",
  "all_finished",
  "not_all_skipped",
] as const;
type TriggerName = (typeof TRIGGERS)[number];
type Outcome = "ok" | "fail" | "skip";

/** A task of a random flow: what its body does at each attempt, and how long that takes. */
interface Node {
  readonly outcomes: readonly Outcome[];
  readonly takes: number;
  readonly retries: number;
  readonly trigger: TriggerName;
  readonly skips: boolean;
  /** Indices, each smaller than its own. */
  readonly upstream: readonly number[];
}

const nodeOf = (index: number): fc.Arbitrary<Node> =>
  fc.record({
    outcomes: fc.array(fc.constantFrom<Outcome>("ok", "ok", "fail", "skip"), { minLength: 1, maxLength: 3 }),
    // The last is longer than the grace of a run that is being ended.
    takes: fc.constantFrom(0, 0, 5, 1000, 60_000),
    retries: fc.integer({ min: 0, max: 2 }),
    trigger: fc.constantFrom(...TRIGGERS),
    skips: fc.boolean(),
    upstream: index === 0 ? fc.constant([]) : fc.uniqueArray(fc.integer({ min: 0, max: index - 1 }), { maxLength: 3 }),
  });
const flows: fc.Arbitrary<readonly Node[]> = fc
  .integer({ min: 1, max: 9 })
  .chain((size) => fc.tuple(...Array.from({ length: size }, (_, i) => nodeOf(i))));

const clockOf = (): SimulatedClock => new SimulatedClock();

function build(
  nodes: readonly Node[],
  clock: SimulatedClock,
  running: Set<string>,
  triggerOf: (name: TriggerName) => Trigger,
) {
  const tasks: readonly Task[] = nodes.map((each, i) =>
    node(
      `t${i}`,
      (_, { attempt, signal }) => {
        const outcome = each.outcomes[Math.min(attempt, each.outcomes.length) - 1];
        const end = (): string => {
          running.delete(`t${i}`);
          if (outcome === "fail") throw new Error("fail");
          if (outcome === "skip") throw new Skip("skip");
          return "ok";
        };
        running.add(`t${i}`);
        if (each.takes === 0) return end();
        return new Promise((resolve, reject) => {
          signal.addEventListener("abort", () => {
            running.delete(`t${i}`);
            reject(signal.reason as Error);
          });
          void clock.sleep(each.takes).then(() => {
            if (!signal.aborted) Promise.resolve().then(end).then(resolve, reject);
          });
        });
      },
      { trigger: triggerOf(each.trigger), skipOnUpstreamSkip: each.skips, retry: { max: each.retries, delay: 7 } },
    ),
  );
  return graph(
    tasks,
    nodes.flatMap((each, i) => each.upstream.map((from) => edge(tasks[from] as Task, tasks[i] as Task))),
  );
}

/** What Prefect's rules make of each task, without any engine. */
function model(nodes: readonly Node[]): readonly StateType[] {
  const types: StateType[] = [];
  for (const each of nodes) {
    const up = each.upstream.map((from) => types[from] as StateType);
    types.push(each.skips && up.includes("Skipped") ? "Skipped" : (refusal(each.trigger, up) ?? outcomeOf(each)));
  }
  return types;
}

/** The three lines: what a trigger refuses with; undefined where it lets the task run. */
function refusal(trigger: TriggerName, up: readonly StateType[]): StateType | undefined {
  const failed = up.filter((type) => type.endsWith("Failed")).length;
  if (trigger === "not_all_skipped" && up.every((type) => type === "Skipped")) return "Skipped";
  const holds = {
    all_finished: true,
    all_failed: failed === up.length,
    any_failed: up.length === 0 || failed > 0,
    any_successful: up.length === 0 || failed < up.length,
    all_successful: failed === 0,
    not_all_skipped: failed === 0,
  };
  return holds[trigger] ? undefined : "TriggerFailed";
}

function outcomeOf({ outcomes, retries }: Node): StateType {
  const last = Array.from({ length: retries + 1 }, (_, i) => outcomes[Math.min(i, outcomes.length - 1)]);
  const reached = last.find((each) => each !== "fail");
  return reached === undefined ? "Failed" : reached === "skip" ? "Skipped" : "Success";
}

function finalOf(nodes: readonly Node[], types: readonly StateType[]): StateType {
  const isTerminal = (i: number): boolean => !nodes.some((each) => each.upstream.includes(i));
  return types.some((type, i) => isTerminal(i) && type.endsWith("Failed")) ? "Failed" : "Success";
}

const triggerNamed = (name: TriggerName): Trigger => TRIGGERS_BY_NAME.get(name) as Trigger;

async function check(
  nodes: readonly Node[],
  concurrency: number,
  triggerOf: (name: TriggerName) => Trigger = triggerNamed,
): Promise<void> {
  const clock = clockOf();
  const running = new Set<string>();
  const ran = await run(build(nodes, clock, running, triggerOf), { clock, concurrency });
  const expected = model(nodes);
  expect(nodes.map((_, i) => ran.types[`t${i}`])).toEqual(expected);
  expect(ran.state.type).toBe(finalOf(nodes, expected));
  expect([...running]).toEqual([]);
  expectOrder(nodes, ran);
  expectPaths(ran);
}

/** No body starts before all its upstreams are finished for good. */
function expectOrder(nodes: readonly Node[], { events }: Ran): void {
  const states = taskStates(events);
  nodes.forEach((each, i) => {
    const starts = states.findIndex((event) => event.task === `t${i}` && event.to.type === "Running");
    if (starts < 0) return;
    for (const from of each.upstream)
      expect(states.findLastIndex((event) => event.task === `t${from}`)).toBeLessThan(starts);
  });
}

const PATHS: Readonly<Record<string, readonly StateType[]>> = {
  Pending: ["Running", "Skipped", "TriggerFailed", "Cancelled"],
  Running: ["Success", "Failed", "Skipped", "Cancelled"],
  Failed: ["Retrying"],
  Retrying: ["Running", "Cancelled"],
};

/** The events of one task are a path of the state diagram, and numbered in order. */
function expectPaths({ events, taskStates: states }: Ran): void {
  expect(events.map((each) => each.seq)).toEqual(events.map((_, i) => i + 1));
  for (const [task, reached] of states) {
    const path = taskStates(events).filter((each) => each.task === task.name);
    path.forEach((each, i) => {
      expect(each.from.type).toBe(path[i - 1]?.to.type ?? "Pending");
      expect(PATHS[each.from.type]).toContain(each.to.type);
    });
    expect(path.at(-1)?.to).toBe(reached);
  }
}

describe("any flow", () => {
  it("comes to the states that the rules say, each task after its upstreams, along the state diagram", async () => {
    await fc.assert(
      fc.asyncProperty(flows, fc.constantFrom(1, 2, 16), (nodes, concurrency) => check(nodes, concurrency)),
      { numRuns: 300 },
    );
  });

  it("would be seen to be wrong with a trigger that is broken", async () => {
    const broken = (name: TriggerName): Trigger => triggerNamed(name === "any_failed" ? "any_successful" : name);
    const { failed } = await fc.check(
      fc.asyncProperty(flows, (nodes) => check(nodes, 16, broken)),
      { numRuns: 300 },
    );
    expect(failed).toBe(true);
  });

  it("has nothing running once it was cancelled, at whatever event, and every task is finished", async () => {
    await fc.assert(
      fc.asyncProperty(flows, fc.integer({ min: 1, max: 30 }), async (nodes, step) => {
        const clock = clockOf();
        const running = new Set<string>();
        const controller = new AbortController();
        const cancelled = { inTasks: false };
        const events: Ran["events"][number][] = [];
        const ran = await run(build(nodes, clock, running, triggerNamed), {
          clock,
          signal: controller.signal,
          recorder: {
            record(event) {
              events.push(event);
              if (event.seq !== step) return;
              cancelled.inTasks = event.type === "task-state";
              controller.abort();
            },
          },
        });
        expect([...running]).toEqual([]);
        expect([...ran.taskStates.values()].every(isFinished)).toBe(true);
        if (cancelled.inTasks) expect(ran.state.type).toBe("Cancelled");
        expectPaths({ ...ran, events });
        expect(clock.pending === 0 || [...ran.taskStates.values()].some((each) => each.type === "Cancelled")).toBe(
          true,
        );
      }),
      { numRuns: 300 },
    );
  });
});
