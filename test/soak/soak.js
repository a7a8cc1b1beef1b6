/**
 * Runs very many shell tasks that end in every way a process can (codes, signals, timeouts, children left in the
 * background, ears shut to SIGTERM) and looks afterwards for what should not be there: zombies of ours, and
 * processes of a task that is over.
 *
 * node test/soak/soak.js [tasks] [seed]
 */
import { readdirSync, readFileSync } from "node:fs";
import { setTimeout as wait } from "node:timers/promises";
import { fileURLToPath } from "node:url";

/** A variable in the environment of every process that a soak starts, at whatever depth. */
const MARK = "FLOWCTL_SOAK";
/** How long what was asked to end may take, in milliseconds. */
const PATIENCE = 20_000;

const KINDS = [
  { script: "true", state: "Success" },
  { script: "echo out; echo err >&2", state: "Success" },
  { script: "exit 3", state: "Failed", message: "exit code 3" },
  { script: "sleep 0.02; exit 1", state: "Failed", message: "exit code 1" },
  {
    script: "kill -KILL $$",
    state: "Failed",
    message: "killed by SIGKILL: by the system when memory runs out, or by another process",
  },
  { script: "kill -TERM $$", state: "Failed", message: "killed by SIGTERM: another process asked it to end" },
  { script: "sleep 300 & sleep 300 & exit 0", state: "Success" },
  { script: "(sleep 300 & sleep 300) & kill -INT $$", state: "Failed" },
  { script: "sleep 300", state: "TimedOut", timeout: 60 },
  { script: "sleep 300 | sleep 300 & wait", state: "TimedOut", timeout: 60 },
  { script: "trap '' TERM; sleep 300 & sleep 300", state: "TimedOut", timeout: 80 },
];

/** Numbers from 0 up to 1, the same for the same seed (mulberry32). */
function randomFrom(seed) {
  let at = seed | 0;
  return () => {
    at = (at + 0x6d2b79f5) | 0;
    let mixed = Math.imul(at ^ (at >>> 15), 1 | at);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/**
 * @param library `flow` and `shell` of flowctl
 * @returns how many tasks ended in which state, those that ended otherwise than they should, and what was left
 */
export async function soak({ flow, shell }, { tasks, seed }) {
  const random = randomFrom(seed);
  const mark = `${process.pid}-${seed}`;
  const kinds = Array.from({ length: tasks }, () => KINDS[Math.floor(random() * KINDS.length)]);
  const subject = flow("soak", { concurrency: 16 }, () => {
    kinds.forEach(({ script, timeout }, index) => {
      const options = timeout === undefined ? {} : { timeout };
      shell({ name: `t${index}`, script, env: { [MARK]: mark }, grace: "50ms", ...options })();
    });
  });
  const { taskStates } = await subject.run();
  const counts = {};
  const wrong = [];
  for (const [task, { type, message }] of taskStates) {
    const kind = kinds[Number(task.name.slice(1))];
    counts[type] = (counts[type] ?? 0) + 1;
    if (type !== kind.state || (kind.message !== undefined && message !== kind.message))
      wrong.push(`${task.name}: ${kind.script}: ${type} (${message})`);
  }
  return { counts, wrong, left: await leftBehind(mark) };
}

/** Looks until nothing is left, or patience is. */
async function leftBehind(mark) {
  const until = performance.now() + PATIENCE;
  for (;;) {
    const left = look(mark);
    if (left.length === 0 || performance.now() > until) return left;
    await wait(50);
  }
}

function look(mark) {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .flatMap((pid) => {
      try {
        const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
        const [state, parent] = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
        if (state === "Z") return Number(parent) === process.pid ? [`zombie ${pid}`] : [];
        const isOurs = readFileSync(`/proc/${pid}/environ`, "utf8").includes(`${MARK}=${mark}`);
        return isOurs ? [`process ${pid}: ${readFileSync(`/proc/${pid}/cmdline`, "utf8").replaceAll("\0", " ")}`] : [];
      } catch {
        return []; // it is gone, or another user's
      }
    });
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [tasks = 10_000, seed = Date.now() % 1_000_000] = process.argv.slice(2).map(Number);
  console.log(`${tasks} shell tasks, seed ${seed}`);
  const { counts, wrong, left } = await soak(await import("../../dist/index.js"), { tasks, seed });
  console.log(counts);
  for (const each of wrong.slice(0, 20)) console.log(`ended otherwise: ${each}`);
  for (const each of left.slice(0, 20)) console.log(`left behind: ${each}`);
  console.log(`${wrong.length} ended otherwise, ${left.length} left behind`);
  process.exitCode = wrong.length + left.length === 0 ? 0 : 1;
}
