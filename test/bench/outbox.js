import { spawn, spawnSync } from "node:child_process";
import { closeSync, fsyncSync, mkdirSync, mkdtempSync, openSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const BIN = join(ROOT, "bin", "flowctl.js");
const ROUNDS = Number(process.env.BENCH_ROUNDS ?? 25);
const MESSAGES = 300;

export const title = `Outbox: medians of ${String(MESSAGES)} messages and of ${String(ROUNDS)} runs`;

/** What a message costs to be safe, and how long people wait to be told. */
export async function* measure() {
  const directory = mkdtempSync(join(tmpdir(), "flowctl-bench-"));
  try {
    const { plain, ours } = await puts(directory);
    const baseline = `write + fsync + rename ${plain.toFixed(2)} ms`;
    yield { what: "one message in the outbox, fsynced", value: ours, unit: "ms", budget: 1, baseline };
    yield { what: "the same, against write + fsync + rename", value: ours / plain, unit: "×" };
    const service = await receiver();
    try {
      const project = projectOf(directory, service.url);
      const failed = [];
      const killed = [];
      for (let round = 0; round <= ROUNDS; round += 1) {
        const one = [await failure(project, service), await death(project, service)];
        // The first round only warms the disk.
        if (round > 0) [failed, killed].forEach((list, at) => list.push(one[at]));
      }
      const bare = median(Array.from({ length: ROUNDS }, bareNode));
      const node = `bare node ${bare.toFixed(1)} ms`;
      yield {
        what: "failed state → request at the service",
        value: median(failed),
        unit: "ms",
        budget: 50,
        baseline: node,
      };
      yield {
        what: "SIGKILL of the runner → request at the service",
        value: median(killed),
        unit: "ms",
        budget: 500,
        baseline: node,
      };
    } finally {
      service.close();
    }
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

/** Ours and the least that is durable, in turns, on the same disk. */
async function puts(directory) {
  const entry = join(directory, "outbox.mjs");
  await build({
    stdin: {
      contents: `export { createOutbox } from "./src/outbox/outbox.ts"; export { systemFiles } from "./src/host/files.ts"; export { systemClock } from "./src/host/clock.ts";`,
      resolveDir: ROOT,
      loader: "ts",
    },
    bundle: true,
    format: "esm",
    platform: "node",
    outfile: entry,
  });
  const { createOutbox, systemFiles, systemClock } = await import(entry);
  const outbox = createOutbox({
    files: systemFiles(),
    clock: systemClock(),
    random: Math.random,
    directory: join(directory, "messages"),
    environment: { variables: {} },
    channel: () => Promise.reject(new Error("nothing is sent")),
    values: () => Promise.resolve({}),
    redact: (text) => text,
  });
  const alert = { subject: "flow", flow: "f", runId: "r", from: "Running", to: "Failed", summary: "no rows", at: 1 };
  const item = (key) => ({
    runId: "r",
    flow: "f",
    event: "run-failed",
    key,
    definition: { type: "webhook", url: { secret: "URL" } },
    message: { kind: "alert", alert },
    origin: "hook",
    names: ["h"],
  });
  const plainDirectory = join(directory, "plain");
  mkdirSync(plainDirectory);
  const text = JSON.stringify(item("0"));
  const times = { plain: [], ours: [] };
  for (let at = 0; at < MESSAGES; at += 1) {
    const start = performance.now();
    const file = openSync(join(plainDirectory, "tmp"), "w");
    writeFileSync(file, text);
    fsyncSync(file);
    closeSync(file);
    renameSync(join(plainDirectory, "tmp"), join(plainDirectory, String(at)));
    const between = performance.now();
    outbox.enqueue(item(String(at)));
    times.plain.push(between - start);
    times.ours.push(performance.now() - between);
  }
  return { plain: median(times.plain), ours: median(times.ours) };
}

/** A service that answers at once and says when a request came, in epoch milliseconds. */
async function receiver() {
  let tell = () => undefined;
  const server = createServer((request, response) => {
    const at = performance.timeOrigin + performance.now();
    request.resume().on("end", () => {
      response.writeHead(204).end();
      tell(at);
    });
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${String(server.address().port)}/`,
    next: () => new Promise((resolve) => (tell = resolve)),
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}

function projectOf(directory, url) {
  const cwd = join(directory, "project");
  mkdirSync(join(cwd, ".git"), { recursive: true });
  // Each says, as the last thing it does, what time it is.
  const say = "console.log('at ' + (performance.timeOrigin + performance.now()));";
  const flow = (body) => `import { flow, task } from "flowctl";
const work = task("work", async () => { ${say} ${body} });
export default flow("f", () => { work(); });`;
  writeFileSync(join(cwd, "fails.ts"), flow('throw new Error("no rows");'));
  writeFileSync(join(cwd, "waits.ts"), flow("await new Promise((resolve) => setTimeout(resolve, 60000));"));
  // As often as it happens: with nobody at a terminal only what changes would be told.
  const hook = { name: "h", states: ["Failed"], to: ["c"], notifyOn: "always" };
  const config = { channels: { c: { type: "webhook", url } }, hooks: [hook] };
  writeFileSync(join(cwd, "flowctl.config.json"), JSON.stringify(config));
  const env = {
    PATH: process.env.PATH,
    HOME: directory,
    FLOWCTL_STATE_DIR: join(directory, "state"),
    FLOWCTL_BACKGROUND: "0",
  };
  return { cwd, env };
}

/** From the body's error to the request. */
async function failure({ cwd, env }, service) {
  const came = service.next();
  const child = spawn(process.execPath, [BIN, "run", "fails.ts", "--logs", "full"], { cwd, env });
  const failed = saw(child);
  const ended = new Promise((resolve) => child.on("close", resolve));
  const took = (await came) - (await failed);
  await ended;
  return took;
}

/** From the signal to the request, which the sentinel's `flowctl` makes. */
async function death({ cwd, env }, service) {
  const came = service.next();
  const child = spawn(process.execPath, [BIN, "run", "waits.ts", "--logs", "full"], { cwd, env });
  await saw(child);
  const killed = performance.timeOrigin + performance.now();
  child.kill("SIGKILL");
  return (await came) - killed;
}

function saw(child) {
  return new Promise((resolve, reject) => {
    let text = "";
    const look = (part) => {
      text += part;
      const found = /at (\d+\.?\d*)/.exec(text);
      if (found !== null) resolve(Number(found[1]));
    };
    child.stdout.on("data", look);
    child.stderr.on("data", look);
    child.on("close", () => reject(new Error(text)));
  });
}

function bareNode() {
  const before = performance.now();
  spawnSync(process.execPath, ["-e", "0"], { env: { PATH: process.env.PATH } });
  return performance.now() - before;
}

function median(values) {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)];
}
