/**
 * Draws mutants of `src` at random and runs the tests on each:
 *
 *   npm run mutation -- [--count 100] [--seed 1] [--areas engine,hooks] [--cli] [--timeout SECONDS]
 *
 * A mutant is killed when a test fails, hangs or cannot build it. The tests of the mutant's own folder run first, then all
 * that import the file; with `--cli` a survivor meets the tests of the real binary as well.
 * Exit code 1 where fewer than 85 % are killed; mutants that are equivalent to the source count as survivors.
 */
import { spawn, spawnSync } from "node:child_process";
import {
  cpSync,
  existsSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { mutantsOf } from "./mutants.js";

const GOAL = 0.85;
const AREAS = ["engine", "hooks", "outbox", "runs", "secrets", "spec", "channels", "coordinator", "commands"];

const root = fileURLToPath(new URL("../..", import.meta.url));
const { values: options } = parseArgs({
  options: {
    count: { type: "string", default: "100" },
    seed: { type: "string", default: "1" },
    areas: { type: "string", default: AREAS.join(",") },
    cli: { type: "boolean", default: false },
    timeout: { type: "string", default: "300" },
    list: { type: "boolean", default: false },
  },
});

const copy = mkdtempSync(join(tmpdir(), "flowctl-mutation-"));
process.on("exit", () => rmSync(copy, { recursive: true, force: true }));
for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => process.exit(1));

const drawn = draw(Number(options.count), random(Number(options.seed)));
if (!options.list) makeCopy();
let killed = 0;
for (const [index, mutant] of drawn.entries()) {
  const place = `${mutant.file}:${mutant.line}`;
  const change = `${oneLine(mutant.text.slice(mutant.start, mutant.end))} => ${oneLine(mutant.replacement)}`;
  const outcome = options.list ? undefined : await test(mutant);
  if (outcome !== undefined) killed += 1;
  const verdict = options.list ? "listed" : outcome === undefined ? "SURVIVED" : `killed by ${outcome}`;
  console.log(`${index + 1}/${drawn.length}  ${verdict}  ${place}  ${change}`);
}
if (!options.list) {
  const share = killed / drawn.length;
  console.log(`\n${killed} of ${drawn.length} mutants killed (${(share * 100).toFixed(0)} %), seed ${options.seed}`);
  process.exitCode = share < GOAL ? 1 : 0;
}

/** Draws mutants: each area has the same chance, and so has each mutant of an area. */
function draw(count, next) {
  const pools = options.areas.split(",").map((area) =>
    readdirSync(join(root, "src", area), { recursive: true })
      .filter(isSource)
      .sort()
      .flatMap((name) => {
        const file = `src/${area}/${name}`;
        const text = readFileSync(join(root, file), "utf8");
        return mutantsOf(text).map((each) => ({ ...each, file, text, area }));
      }),
  );
  const chosen = [];
  while (chosen.length < count && pools.some((pool) => pool.length > 0)) {
    const pool = pools[Math.floor(next() * pools.length)];
    if (pool.length > 0) chosen.push(...pool.splice(Math.floor(next() * pool.length), 1));
  }
  return chosen;
}

function makeCopy() {
  const files = spawnSync("git", ["ls-files", "-co", "--exclude-standard"], { cwd: root, encoding: "utf8" }).stdout;
  for (const file of files.trim().split("\n"))
    if (existsSync(join(root, file))) cpSync(join(root, file), join(copy, file));
  symlinkSync(join(root, "node_modules"), join(copy, "node_modules"));
}

/** @returns what killed the mutant; undefined where it survived */
async function test(mutant) {
  const target = join(copy, mutant.file);
  writeFileSync(target, mutant.text.slice(0, mutant.start) + mutant.replacement + mutant.text.slice(mutant.end));
  try {
    const own = existsSync(join(copy, "test", mutant.area)) ? [["run", `test/${mutant.area}/`]] : [];
    for (const args of [...own, ["related", mutant.file, "--run"]]) {
      const outcome = await vitest(args, { FLOWCTL_TEST_NO_BUILD: "1" });
      if (outcome !== undefined) return outcome;
    }
    return options.cli
      ? await vitest(["run", "test/cli/", "test/crash/", "test/flows/", "test/package/"], {})
      : undefined;
  } finally {
    writeFileSync(target, mutant.text);
  }
}

function vitest(args, env) {
  return new Promise((resolve) => {
    const program = join(copy, "node_modules/vitest/vitest.mjs");
    const child = spawn(process.execPath, [program, ...args, "--config", "test/vitest.config.ts", "--bail", "1"], {
      cwd: copy,
      env: { ...process.env, ...env, CI: "1", NO_COLOR: "1" },
      detached: true,
      stdio: ["ignore", "pipe", "pipe"],
    });
    let output = "";
    child.stdout.on("data", (chunk) => (output += chunk));
    child.stderr.on("data", (chunk) => (output += chunk));
    let isLate = false;
    const end = () => {
      try {
        process.kill(-child.pid, "SIGKILL");
      } catch {
        // It has ended.
      }
    };
    const timer = setTimeout(
      () => {
        isLate = true;
        end();
      },
      Number(options.timeout) * 1000,
    );
    child.on("close", (code) => {
      clearTimeout(timer);
      end();
      const first = /^ *FAIL +(.+)$/m.exec(output)?.[1] ?? `exit code ${code}`;
      resolve(code === 0 ? undefined : isLate ? "a timeout" : first);
    });
  });
}

function isSource(name) {
  return name.endsWith(".ts");
}

/** A small generator of random numbers: the same seed draws the same mutants. */
function random(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}

function oneLine(text) {
  const line = text.replace(/\s+/g, " ");
  return line.length > 70 ? `${line.slice(0, 67)}...` : line;
}
