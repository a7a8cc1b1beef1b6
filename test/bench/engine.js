/**
 * What the engine costs a task: no-op tasks in four shapes and up to a million of
 * them, journal off and on, beside a bare loop of awaits over the same graph and
 * beside p-graph and listr2 at the sizes they can do. All in one process, so that
 * ratios can be compared. The budgets at 100,000 tasks: 2 µs a task with the journal
 * off; with it on, the cost of a journal that is written once per turn of the event
 * loop, plus 1.5 × a bare `writeSync` of the same bytes; under 1 KiB a task.
 *
 * node --expose-gc test/bench/engine.js [sizes] [shapes]
 */
import { closeSync, fsyncSync, mkdtempSync, openSync, rmSync, statSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { build } from "esbuild";
import { Listr } from "listr2";
import { PGraph } from "p-graph";

const SHAPES = ["wide", "chain", "tree", "mapped"];
const SIZES = [1_000, 10_000, 100_000, 1_000_000];
/** Beyond these the others take minutes, or the stack. */
const OTHERS_UP_TO = { "p-graph": 10_000, listr2: 1_000 };
const BUDGET = { off: 2, writes: 1.5, bytes: 1024, at: 100_000 };
/** A task of a million may cost so much more than one of a hundred thousand: it is linear, but for the caches. */
const LINEAR = { from: 100_000, to: 1_000_000, most: 1.5 };

const noop = () => null;

/** The engine and the journal, bundled from the sources: the public API has no door to the bare engine. */
async function loadEngine(directory) {
  const source = (path) => JSON.stringify(fileURLToPath(new URL(`../../src/${path}`, import.meta.url)));
  const outfile = join(directory, "engine.mjs");
  await build({
    stdin: {
      contents: [
        `export { runFlow } from ${source("engine/run-flow.ts")};`,
        `export { systemClock } from ${source("host/clock.ts")};`,
        `export { Journal } from ${source("runs/journal.ts")};`,
        `export { FLOW } from ${source("model/flow.ts")};`,
        `export { TASK } from ${source("model/task.ts")};`,
      ].join("\n"),
      resolveDir: directory,
    },
    bundle: true,
    format: "esm",
    platform: "node",
    target: "node20",
    outfile,
    logLevel: "warning",
  });
  return import(pathToFileURL(outfile).href);
}

function makeTask(engine, name, run) {
  return {
    [engine.TASK]: true,
    name,
    kind: "task",
    tags: [],
    trigger: undefined,
    skipOnUpstreamSkip: true,
    retry: undefined,
    timeout: undefined,
    cache: undefined,
    checkpoint: true,
    stateHandlers: [],
    onFailure: undefined,
    secrets: [],
    pool: undefined,
    priority: 0,
    inputNames: undefined,
    run,
  };
}

function makeFlow(engine, shape, size) {
  const edges = [];
  const link = (from, to, more = {}) => edges.push({ from, to, mapped: false, flattened: false, ...more });
  const tasks = [];
  if (shape === "mapped") {
    const list = new Array(size).fill(0);
    tasks.push(
      makeTask(engine, "list", () => list),
      makeTask(engine, "each", noop),
    );
    link(tasks[0], tasks[1], { mapped: true, key: "x" });
  } else for (let i = 0; i < size; i++) tasks.push(makeTask(engine, `t${i}`, noop));
  for (let i = 1; i < size && shape !== "mapped"; i++) {
    if (shape === "chain") link(tasks[i - 1], tasks[i]);
    if (shape === "tree") link(tasks[(i - 1) >> 1], tasks[i]);
  }
  return {
    [engine.FLOW]: true,
    name: `${shape}-${size}`,
    tags: [],
    params: { kind: "declared", declarations: [] },
    tasks,
    edges,
    constants: new Map(),
    chosenReferenceTasks: undefined,
    stateHandlers: [],
    onFailure: undefined,
    terminalStateHandler: undefined,
    secrets: [],
    concurrency: undefined,
    pools: {},
    timeout: undefined,
  };
}

/** The same graph, without an engine: each body awaited in its turn. */
async function bareLoop({ tasks }, shape, size) {
  if (shape === "mapped") for (let i = 0; i < size; i++) await noop();
  else for (const task of tasks) await task.run({});
}

async function runEngine(engine, flow, recorder) {
  const { state, taskStates } = await engine.runFlow(flow, {
    runId: "bench",
    params: {},
    recorder,
    clock: engine.systemClock(),
    random: Math.random,
  });
  if (state.type !== "Success") throw new Error(`${flow.name} ended ${state.type}`);
  return taskStates;
}

/** @param isBatched whether the journal is written once per turn of the event loop, not before each task function */
async function runJournalled(engine, flow, { directory, isBatched = false }) {
  const path = join(directory, "journal.jsonl");
  const handle = openSync(path, "w");
  const journal = new engine.Journal({
    file: {
      write: (text) => writeSync(handle, text),
      sync: () => fsyncSync(handle),
      close: () => closeSync(handle),
    },
    redact: (text) => text,
  });
  await runEngine(engine, flow, {
    record: (event) => journal.record(event),
    ...(isBatched ? {} : { flush: () => journal.flush() }),
  });
  journal.close();
}

/** The bytes of a journal of so many tasks, one write a task, and nothing else. */
function writeBare(size, directory) {
  const path = join(directory, "journal.jsonl");
  const bytes = Buffer.alloc(Math.round(statSync(path).size / size), "x");
  const handle = openSync(path, "w");
  for (let i = 0; i < size; i++) writeSync(handle, bytes);
  closeSync(handle);
}

const OTHERS = {
  "p-graph": async ({ tasks, edges }) => {
    const names = new Map(tasks.map((task) => [task, task.name]));
    const nodes = new Map(tasks.map((task) => [task.name, { run: async () => task.run({}) }]));
    const links = edges.map(({ from, to }) => [names.get(from), names.get(to)]);
    await new PGraph(nodes, links).run({ concurrency: 16 });
  },
  listr2: async ({ tasks }) => {
    const list = tasks.map((task) => ({ title: task.name, task: async () => void task.run({}) }));
    await new Listr(list, { concurrent: 16, renderer: "silent" }).run();
  },
};

async function best(size, runOnce) {
  const [least] = await bestOfEach(size, [runOnce]);
  return least;
}

/**
 * The best of several runs of each, in microseconds a task, in turns: what disturbs one disturbs all. Of time and processor time the
 * shorter counts: on a machine that others use at the same moment it is the latter.
 */
async function bestOfEach(size, all) {
  const rounds = size >= 1_000_000 ? 2 : size >= 100_000 ? 7 : 20;
  const least = all.map(() => Infinity);
  for (let round = 0; round < rounds; round++)
    for (const [i, runOnce] of all.entries()) {
      const began = performance.now();
      const used = process.cpuUsage();
      await runOnce();
      const { user, system } = process.cpuUsage(used);
      least[i] = Math.min(least[i], performance.now() - began, (user + system) / 1000);
    }
  return least.map((ms) => (ms * 1000) / size);
}

/** Bytes on the heap that a finished run holds on to, beyond the flow itself. */
async function bytesPerTask(engine, flow, size) {
  globalThis.gc?.();
  const before = process.memoryUsage().heapUsed;
  const kept = await runEngine(engine, flow, { record: noop });
  globalThis.gc?.();
  const after = process.memoryUsage().heapUsed;
  return kept.size > 0 ? Math.max(0, Math.round((after - before) / size)) : 0;
}

export const title = "engine: no-op tasks, beside a bare loop of awaits over the same graph";

/** Measures every shape at every size. */
export async function* measure({ sizes = SIZES, shapes = SHAPES } = {}) {
  const directory = mkdtempSync(join(tmpdir(), "flowctl-bench-"));
  try {
    const engine = await loadEngine(directory);
    for (const shape of shapes) {
      const costs = new Map();
      for (const size of sizes)
        for await (const row of measureOne(engine, directory, shape, size)) {
          if (row.what.endsWith("journal on")) costs.set(size, row.value);
          yield row;
        }
      const [small, large] = [costs.get(LINEAR.from), costs.get(LINEAR.to)];
      if (small !== undefined && large !== undefined)
        yield {
          what: `${shape}, a task of ${LINEAR.to} to one of ${LINEAR.from}`,
          value: large / small,
          unit: "×",
          budget: LINEAR.most,
          baseline: "journal on",
        };
    }
    yield* measureLeaks(engine);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

async function* measureOne(engine, directory, shape, size) {
  const flow = makeFlow(engine, shape, size);
  const what = `${shape} ${size}`;
  const budget = (most) => (size === BUDGET.at ? { budget: most } : {});
  const memoryBudget = size >= BUDGET.at ? { budget: BUDGET.bytes } : {};
  const bare = await best(size, () => bareLoop(flow, shape, size));
  const row = (label, value) => ({
    what: `${what}, ${label}`,
    value,
    unit: "µs/task",
    baseline: `${(value / bare).toFixed(1)} × a bare loop (${bare.toFixed(3)})`,
  });
  yield {
    ...row("journal off", await best(size, () => runEngine(engine, flow, { record: noop }))),
    ...budget(BUDGET.off),
  };
  const [on, batched, write] = await bestOfEach(size, [
    () => runJournalled(engine, flow, { directory }),
    () => runJournalled(engine, flow, { directory, isBatched: true }),
    () => writeBare(size, directory),
  ]);
  const most = batched + BUDGET.writes * write;
  yield {
    ...row("journal on", on),
    ...budget(most),
    baseline: `${batched.toFixed(2)} once per turn; a bare write ${write.toFixed(2)}; at most ${most.toFixed(2)}`,
  };
  yield {
    what: `${what}, memory`,
    value: await bytesPerTask(engine, flow, size),
    unit: "B/task",
    ...memoryBudget,
  };
  for (const [name, run] of Object.entries(OTHERS)) {
    const cannot = size > OTHERS_UP_TO[name] || shape === "mapped" || (name === "listr2" && shape !== "wide");
    if (!cannot) yield row(name, await best(size, () => run(flow)));
  }
}

/** A thousand runs with retries, timeouts and cancelling in one process: what is left of them. */
async function* measureLeaks(engine) {
  const task = makeTask(engine, "flaky", (_inputs, { attempt, signal }) => {
    if (attempt === 1) throw new Error("once");
    return signal.aborted ? null : Promise.resolve(1);
  });
  const flow = { ...makeFlow(engine, "wide", 10), tasks: [{ ...task, retry: { max: 1 }, timeout: 60_000 }] };
  const heap = [];
  const controller = new AbortController();
  for (let run = 0; run <= 1000; run++) {
    await engine.runFlow(flow, {
      runId: "leak",
      params: {},
      recorder: { record: noop },
      clock: engine.systemClock(),
      random: Math.random,
      signal: controller.signal,
    });
    if (run % 500 !== 0) continue;
    globalThis.gc?.();
    heap.push(Math.round(process.memoryUsage().heapUsed / 1024));
  }
  const timers = process.getActiveResourcesInfo().filter((each) => each === "Timeout" || each === "Immediate");
  const [, before, after] = heap;
  yield { what: "1000 runs in one process, heap of the last 500", value: after - before, unit: "KiB", budget: 1024 };
  yield { what: "1000 runs in one process, timers left", value: timers.length, unit: "timers", budget: 0 };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [sizes, shapes] = process.argv.slice(2);
  const chosen = {
    ...(sizes === undefined ? {} : { sizes: sizes.split(",").map(Number) }),
    ...(shapes === undefined ? {} : { shapes: shapes.split(",") }),
  };
  for await (const { what, value, unit, baseline = "" } of measure(chosen))
    console.log(`${what.padEnd(48)}${value.toFixed(2).padStart(9)} ${unit.padEnd(8)} ${baseline}`);
}
