import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const BIN = join(ROOT, "bin", "flowctl.js");
const ROUNDS = Number(process.env.BENCH_ROUNDS ?? 25);

export const title = `Start-up: node ${process.versions.node}, median of ${String(ROUNDS)} interleaved rounds, clean environment`;

const ONE_TASK = `import { flow, task } from "flowctl";
const hello = task("hello", (): string => "hello");
export default flow("one", () => {
  hello();
});
`;

/** Start-up times, as milliseconds over a bare Node of the same round. */
export async function* measure() {
  const directory = mkdtempSync(join(tmpdir(), "flowctl-bench-"));
  try {
    mkdirSync(join(directory, "node_modules"));
    writeFileSync(join(directory, "package.json"), '{"type":"module"}');
    writeFileSync(join(directory, "one.ts"), ONE_TASK);
    // As a person would run the file without us: the same import, through tsx.
    symlinkSync(ROOT, join(directory, "node_modules", "flowctl"));
    const tsx = join(ROOT, "node_modules", "tsx", "dist", "loader.mjs");
    const commands = {
      bare: ["-e", "0"],
      version: [BIN, "--version"],
      run: [BIN, "run", "one.ts"],
      quiet: [BIN, "run", "one.ts", "--quiet"],
      ...(existsSync(tsx) && { tsx: ["--import", tsx, "one.ts"] }),
    };
    const median = timings(commands, directory);
    const over = (name) => median[name] - median.bare;
    const baseline = `bare ${median.bare.toFixed(1)} ms`;
    const newest = Number(process.versions.node.split(".")[0]) >= 22;
    yield { what: "flowctl --version", value: over("version"), unit: "ms", budget: 15, baseline };
    yield {
      what: "flowctl run of a one-task .ts flow, journal on",
      value: over("run"),
      unit: "ms",
      budget: newest ? 40 : 60,
      baseline,
    };
    yield { what: "the same with --quiet", value: over("quiet"), unit: "ms", budget: newest ? 40 : 60, baseline };
    if (median.tsx === undefined) {
      yield { what: "node --import tsx: not installed, not compared", value: 0, unit: "ms" };
    } else {
      yield { what: "node --import tsx on the same file, nothing run", value: over("tsx"), unit: "ms", baseline };
      yield { what: "flowctl run against node --import tsx", value: median.run / median.tsx, unit: "×", budget: 1 };
    }
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

/** Runs all commands once a round, so that what slows the machine slows them alike. */
function timings(commands, cwd) {
  const env = { PATH: process.env.PATH, HOME: cwd, FLOWCTL_STATE_DIR: join(cwd, "state") };
  const taken = Object.fromEntries(Object.keys(commands).map((name) => [name, []]));
  for (let round = 0; round <= ROUNDS; round += 1) {
    for (const [name, args] of Object.entries(commands)) {
      const before = performance.now();
      const { status, stderr } = spawnSync(process.execPath, args, { cwd, env, stdio: ["ignore", "pipe", "pipe"] });
      // The first round only warms the disk.
      if (round > 0) taken[name].push(performance.now() - before);
      if (status !== 0) throw new Error(`${name} ended with ${String(status)}: ${stderr.toString()}`);
    }
  }
  return Object.fromEntries(
    Object.entries(taken).map(([name, times]) => [name, times.toSorted((a, b) => a - b)[Math.floor(times.length / 2)]]),
  );
}
