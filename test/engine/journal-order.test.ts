import fc from "fast-check";
import { setTimeout as pause } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { runFlow } from "../../src/engine/run-flow.ts";
import type { RunOptions } from "../../src/engine/run-options.ts";
import { systemClock } from "../../src/host/clock.ts";
import { isFinished, isRunning, isSuccessful, state, type State } from "../../src/model/state.ts";
import type { Flow } from "../../src/model/flow.ts";
import { createRecorder } from "../../src/recorder.ts";
import { Journal } from "../../src/runs/journal.ts";
import { readJournal } from "../../src/runs/read-journal.ts";
import { Results } from "../../src/runs/results.ts";
import { edge, graph, node, type Body } from "./rig.ts";

/** The files of a run as the disk has them: what is buffered is not in them. */
interface Disk {
  journal: string;
  results: string;
}

function appendTo(disk: Disk, name: keyof Disk) {
  return {
    write(text: string | Uint8Array) {
      disk[name] += Buffer.from(text as Uint8Array).toString();
    },
    sync: () => undefined,
    close: () => undefined,
  };
}

/** @param more `ended` takes the tasks and children that have ended, as the recorder is given their ends */
async function runOnDisk(
  flow: Flow,
  disk: Disk,
  { ended, ...more }: Partial<RunOptions> & { readonly ended?: { add(task: string): unknown } } = {},
): Promise<void> {
  const journal = new Journal({ file: appendTo(disk, "journal"), redact: (text) => text });
  const open = () => appendTo(disk, "results");
  const results = new Results({ flow, params: {}, open, redact: (text) => text });
  await runFlow(flow, {
    runId: "r",
    params: {},
    recorder: createRecorder({
      journal,
      results,
      derive: () => [],
      enqueue: () => undefined,
      end: () => true,
      reporter: {
        onEvent(event) {
          if (event.type !== "task-state" || event.willRetry === true) return;
          if (isFinished(event.to) && event.to.type !== "Mapped") ended?.add(label(event.task, event.mapIndex));
        },
      },
    }),
    clock: systemClock(),
    random: () => 0.5,
    ...more,
  });
  results.close();
  journal.close();
}

const label = (task: string, mapIndex?: number): string => (mapIndex === undefined ? task : `${task}[${mapIndex}]`);

/** The last state of each task and child as the journal on disk has it. */
function statesOn(disk: Disk): ReadonlyMap<string, State> {
  const found = new Map<string, State>();
  for (const event of readJournal("r", disk.journal))
    if (event.type === "task-state") found.set(label(event.task, event.mapIndex), event.to);
  return found;
}

function resultsOn(disk: Disk): ReadonlySet<string> {
  const lines = disk.results.split("\n").filter((line) => line !== "");
  const entries = lines.map((line) => JSON.parse(line) as { task: string; mapIndex?: number });
  return new Set(entries.map(({ task, mapIndex }) => label(task, mapIndex)));
}

const ENDINGS = ["returns", "throws", "waits", "is async", "is retried"] as const;
type Ending = (typeof ENDINGS)[number];
/** Values of every way in which a result is stored. */
const VALUES: readonly unknown[] = [null, 1, "text", { a: [1] }, new Date(0), new Map([["a", 1n]]), () => undefined];

/** Task functions that look at the disk when they are called: their own start is there, and the end of all before. */
function watched(disk: Disk, ended: ReadonlySet<string>, violations: string[]) {
  const look = (name: string): void => {
    const states = statesOn(disk);
    const own = states.get(name);
    if (own === undefined || !isRunning(own)) violations.push(`${name} is called, and ${String(own?.type)} on disk`);
    const results = resultsOn(disk);
    for (const each of ended) {
      const known = states.get(each);
      if (known === undefined || !isFinished(known)) violations.push(`${each} had ended when ${name} was called`);
      else if (isSuccessful(known) && !results.has(each)) violations.push(`no result of ${each}, called ${name}`);
    }
  };
  return (ending: Ending, value: unknown): Body =>
    (_inputs, { taskName, attempt }) => {
      look(taskName);
      if (ending === "throws" || (ending === "is retried" && attempt === 1)) throw new Error("no rows");
      if (ending === "is async") return Promise.resolve(value);
      return ending === "waits" ? pause(1, value) : value;
    };
}

const someTask = fc.record({
  ending: fc.constantFrom(...ENDINGS),
  value: fc.constantFrom(...VALUES),
  above: fc.array(fc.nat(), { maxLength: 3 }),
  isMapped: fc.boolean(),
});

describe("the journal when a task function is called", () => {
  it("holds the start of that task and the ends and results of all that ended before, for any graph", async () => {
    const shape = fc.record({
      tasks: fc.array(someTask, { minLength: 1, maxLength: 12 }),
      concurrency: fc.constantFrom(1, 2, 16),
      reused: fc.nat(3),
    });
    await fc.assert(
      fc.asyncProperty(shape, async ({ tasks: drawn, concurrency, reused }) => {
        const disk: Disk = { journal: "", results: "" };
        const violations: string[] = [];
        const ended = new Set<string>();
        const bodyOf = watched(disk, ended, violations);
        const list = node("list", () => [1, 2, 3]);
        const tasks = drawn.map(({ ending, value }, i) =>
          node(`t${String(i)}`, bodyOf(ending, value), {
            skipOnUpstreamSkip: false,
            trigger: () => true,
            ...(ending === "is retried" ? { retry: { max: 1, delay: 0 } } : {}),
          }),
        );
        const edges = drawn.flatMap(({ above, isMapped }, i) => [
          ...[...new Set(above.filter(() => i > 0).map((each) => each % i))].map((each) =>
            edge(tasks[each]!, tasks[i]!),
          ),
          ...(isMapped ? [edge(list, tasks[i]!, { mapped: true, key: "x" })] : []),
        ]);
        const all = [list, ...tasks];
        const flow = graph(all, edges, { concurrency });
        const restored = new Map(tasks.slice(0, reused).map((task) => [task, state("Success", { result: 1 })]));
        const isReused = drawn.slice(0, reused).every(({ isMapped }) => !isMapped);
        // Their results are in the file from the run before.
        if (isReused) disk.results += [...restored.keys()].map(({ name }) => `{"task":"${name}"}\n`).join("");
        await runOnDisk(flow, disk, { ended, ...(isReused ? { taskStates: restored, announceKept: true } : {}) });
        expect(violations).toEqual([]);
      }),
      { numRuns: 150 },
    );
  });

  it("holds the end of a task when another that was called before goes on", async () => {
    const disk: Disk = { journal: "", results: "" };
    let seen: string | undefined;
    let release = (): void => undefined;
    const released = new Promise<void>((resolve) => (release = resolve));
    const slow = node("slow", async () => {
      await released;
      seen = statesOn(disk).get("quick")?.type;
    });
    const quick = node("quick", () => pause(5, 1));
    const ended = {
      // Before the engine has come to starting anything else.
      add(task: string) {
        if (task === "quick") release();
      },
    };
    await runOnDisk(graph([slow, quick]), disk, { ended });
    expect(seen).toBe("Success");
  });

  it("is written once for all that happens between two task functions", async () => {
    const disk: Disk = { journal: "", results: "" };
    let writes = 0;
    const counted: Disk = {
      results: "",
      get journal() {
        return disk.journal;
      },
      set journal(text) {
        writes += 1;
        disk.journal = text;
      },
    };
    const first = node("first", () => {
      throw new Error("no rows");
    });
    // Not one of them is called: their trigger does not hold.
    const others = Array.from({ length: 50 }, (_, i) => node(`t${String(i)}`));
    await runOnDisk(
      graph(
        [first, ...others],
        others.map((each) => edge(first, each)),
      ),
      counted,
    );
    expect(readJournal("r", disk.journal).filter(({ type }) => type === "task-state")).toHaveLength(52);
    expect(writes).toBeLessThanOrEqual(4);
  });
});
