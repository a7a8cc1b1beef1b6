import { spawn } from "node:child_process";
import { flow, shell } from "flowctl";

/**
 * What a shell task costs beside the process it starts: a thousand of them, beside
 * a bare loop of `spawn` at the same concurrency. Rounds of both follow each other,
 * so that a machine that others use is as slow to one as to the other.
 */
const SIZE = Number(process.env.BENCH_SHELL_TASKS ?? 1000);
const ROUNDS = Number(process.env.BENCH_ROUNDS ?? 5);
const CONCURRENCY = 16;
const BUDGET = 1.25;

const KINDS = {
  "a program": { argv: ["/bin/echo", "hello"], bare: ["/bin/echo", ["hello"]] },
  "a bash script": { script: "echo hello", bare: ["bash", ["-eo", "pipefail", "-c", "echo hello"]] },
};

export const title = `shell tasks: ${String(SIZE)} of them, ${String(CONCURRENCY)} at a time, beside a bare loop of spawn`;

/** What an honest script would do by hand: start, collect the output, look at the exit code. */
async function bareLoop([file, args]) {
  let next = 0;
  const one = () =>
    new Promise((resolve, reject) => {
      const child = spawn(file, args, { stdio: ["ignore", "pipe", "pipe"] });
      const output = [];
      child.stdout.on("data", (chunk) => output.push(chunk));
      child.stderr.on("data", () => undefined);
      child.once("error", reject);
      child.once("close", (code) => {
        if (code === 0) resolve(Buffer.concat(output).toString());
        else reject(new Error(`exit code ${String(code)}`));
      });
    });
  const worker = async () => {
    while (next++ < SIZE) await one();
  };
  await Promise.all(Array.from({ length: CONCURRENCY }, worker));
}

function flowOf({ bare: _, ...inputs }) {
  return flow("bench", () => {
    const run = shell({ name: "echo", ...inputs });
    for (let i = 0; i < SIZE; i++) run();
  });
}

async function timed(action) {
  const began = performance.now();
  await action();
  return performance.now() - began;
}

/** The ratio of each kind of shell task to its bare loop. */
export async function* measure() {
  for (const [what, kind] of Object.entries(KINDS)) {
    const graph = flowOf(kind);
    const times = { bare: [], ours: [] };
    for (let round = 0; round < ROUNDS; round++) {
      times.bare.push(await timed(() => bareLoop(kind.bare)));
      times.ours.push(
        await timed(async () => {
          const { state, taskStates } = await graph.run({ concurrency: CONCURRENCY });
          if (state.type !== "Success" || taskStates.size !== SIZE) throw new Error(`ended ${state.type}`);
        }),
      );
    }
    const [bare, ours] = [Math.min(...times.bare), Math.min(...times.ours)];
    yield {
      what: `${what}, to a bare loop of spawn`,
      value: ours / bare,
      unit: "×",
      budget: BUDGET,
      baseline: `${(ours / SIZE).toFixed(2)} ms a task, bare ${(bare / SIZE).toFixed(2)} ms`,
    };
  }
}
