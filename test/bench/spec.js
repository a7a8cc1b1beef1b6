import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const BIN = join(ROOT, "bin", "flowctl.js");
const YAML = pathToFileURL(join(ROOT, "node_modules", "yaml", "dist", "index.js")).href;
const ROUNDS = Number(process.env.BENCH_ROUNDS ?? 15);
const TASKS = 1000;

export const title = `A spec of ${String(TASKS)} tasks, median of ${String(ROUNDS)} interleaved rounds, next to parsing it with yaml alone`;

/** Tasks that wait for each other, read each other's outputs and have parameters in their scripts; the first fails. */
function spec() {
  const lines = ["flow: thousand", "params: { date: { type: string, default: '2026-01-31' } }", "tasks:"];
  for (let index = 0; index < TASKS; index += 1) {
    lines.push(
      `  task_${String(index)}:`,
      index === 0 ? "    run: exit 1" : `    run: ./bin/step --n ${String(index)} --date \${{ params.date }}`,
      "    timeout: 5m",
    );
    if (index > 0) lines.push("    retry: { max: 2, delay: 5s, backoff: 2 }", `    needs: [task_${String(index - 1)}]`);
    if (index > 9) lines.push(`    env: { ROWS: "\${{ tasks.task_${String(index - 10)}.outputs.stdout }}" }`);
  }
  return `${lines.join("\n")}\n`;
}

/** Whole processes, as ratios to one that only parses. */
export async function* measure() {
  const directory = mkdtempSync(join(tmpdir(), "flowctl-bench-"));
  try {
    writeFileSync(join(directory, "thousand.yaml"), spec());
    const parse = `import { readFileSync } from "node:fs"; import { parse } from "${YAML}"; parse(readFileSync("thousand.yaml", "utf8"));`;
    const commands = {
      parse: [["--input-type=module", "-e", parse], 0],
      validate: [[BIN, "validate", "thousand.yaml"], 0],
      plan: [[BIN, "run", "thousand.yaml", "--dry-run"], 0],
      run: [[BIN, "run", "thousand.yaml", "--ui", "plain"], 1],
    };
    const env = { PATH: process.env.PATH, HOME: directory, FLOWCTL_STATE_DIR: join(directory, "state") };
    const taken = Object.fromEntries(Object.keys(commands).map((name) => [name, []]));
    for (let round = 0; round <= ROUNDS; round += 1)
      for (const [name, [args, expected]] of Object.entries(commands)) {
        const before = performance.now();
        const { status, stderr } = spawnSync(process.execPath, args, { cwd: directory, env });
        // The first round only warms the disk.
        if (round > 0) taken[name].push(performance.now() - before);
        if (status !== expected) throw new Error(`${name} ended with ${String(status)}: ${stderr.toString()}`);
      }
    const median = (name) => taken[name].toSorted((a, b) => a - b)[Math.floor(taken[name].length / 2)];
    const baseline = `yaml alone ${median("parse").toFixed(0)} ms`;
    const ratio = (name) => median(name) / median("parse");
    yield { what: "flowctl validate", value: ratio("validate"), unit: "×", budget: 3, baseline };
    yield { what: "flowctl run --dry-run", value: ratio("plan"), unit: "×", budget: 3, baseline };
    yield {
      what: "flowctl run: the first task fails, all others follow",
      value: ratio("run"),
      unit: "×",
      budget: 3,
      baseline,
    };
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}
