import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { cliHome, type CliHome } from "../rig/cli.ts";
import { offLinux } from "../rig/skip.ts";

/** Ignores signals, and starts a program that ignores them, too. */
const DEAF = `#!/bin/bash
trap '' TERM INT HUP
echo $$ >> pids
bash -c "trap '' TERM INT; while :; do sleep 0.05; done" &
echo $! >> pids
echo ready
while :; do sleep 0.05; done
`;

/** Notes which of the processes in `pids` still run. A zombie does not. */
const ALIVE = `for p in $(cat pids 2>/dev/null); do
  status=$(cat /proc/$p/stat 2>/dev/null) || continue
  case $status in *") Z "*) ;; *) echo "$1 sees $p" >> overlaps ;; esac
done
`;

const read = (home: CliHome, name: string): string =>
  existsSync(join(home.directory, name)) ? readFileSync(join(home.directory, name), "utf8") : "";

const pidsIn = (home: CliHome, name = "pids"): readonly number[] =>
  read(home, name).trim().split("\n").filter(Boolean).map(Number);

function isRunning(pid: number): boolean {
  try {
    const status = readFileSync(`/proc/${pid}/stat`, "utf8");
    return !["Z", "X"].includes(status.slice(status.lastIndexOf(")") + 2)[0] ?? "");
  } catch {
    return false;
  }
}

const running = (home: CliHome, name?: string): readonly number[] => pidsIn(home, name).filter(isRunning);

describe.skipIf(offLinux)("the processes of an attempt", () => {
  it("have all ended before the next attempt, the task after it and the end of the run", async () => {
    await using home = cliHome();
    home.write("alive.sh", ALIVE);
    // Each attempt lists the processes of the attempts before it that still run.
    home.write(
      "late.yaml",
      `flow: late
tasks:
  slow:
    timeout: 300ms
    grace: 200ms
    retry: 2
    run: |
      bash alive.sh "attempt $FLOWCTL_ATTEMPT"
      trap '' TERM
      echo $$ >> pids
      (trap '' TERM; while :; do sleep 0.05; done) &
      echo $! >> pids
      while :; do sleep 0.05; done
  after:
    trigger: all_finished
    needs: slow
    run: bash alive.sh after; echo done > after
`,
    );
    const done = await home.run(["run", "late.yaml", "--logs", "full"]);
    expect(done.stdout).toContain("The task did not end within 300ms after 3 attempts");
    expect(done.stdout).toMatch(/killed, because they still ran 200ms after SIGTERM: bash \(pid \d+\)/);
    expect(pidsIn(home)).toHaveLength(6);
    expect([read(home, "overlaps"), read(home, "after"), running(home)]).toEqual(["", "done\n", []]);
  });

  it("are given the grace and the first signal of their task, else of the flow, else of the config", async () => {
    await using home = cliHome();
    home.write("flowctl.config.yaml", "defaults: { grace: 30ms, stopSignal: SIGUSR1 }\n");
    const script = `trap 'echo got USR1' USR1; trap 'echo got INT' INT; trap 'echo got QUIT' QUIT; trap 'echo got TERM' TERM
      while :; do sleep 0.05 || :; done`;
    const task = (more: string) => `{ timeout: 200ms, ${more}, run: ${JSON.stringify(script)} }`;
    home.write("own.yaml", `flow: own\nstopSignal: SIGQUIT\ntasks: { a: ${task("grace: 150ms, stopSignal: SIGINT")} }`);
    home.write("flow.yaml", `flow: flow\ngrace: 160ms\nstopSignal: SIGQUIT\ntasks: { a: ${task("priority: 1")} }`);
    home.write("config.yaml", `flow: config\ntasks: { a: ${task("priority: 1")} }`);
    home.write(
      "code.ts",
      `import { flow, shell } from "flowctl";
const a = shell({ name: "a", timeout: "200ms", grace: "150ms", stopSignal: "SIGINT", script: ${JSON.stringify(script)} });
export default flow("code", { grace: "160ms", stopSignal: "SIGQUIT" }, () => { a(); });`,
    );
    const logs = async (file: string, ...more: string[]) =>
      (await home.run(["run", file, "--logs", "full", ...more])).stdout;
    expect(await logs("own.yaml")).toMatch(/a \| got INT\n[^]*150ms after SIGINT/);
    expect(await logs("flow.yaml")).toMatch(/a \| got QUIT\n[^]*160ms after SIGQUIT/);
    expect(await logs("config.yaml")).toMatch(/30ms after SIGUSR1/);
    expect(await logs("code.ts")).toMatch(/a \| got INT\n[^]*150ms after SIGINT/);
    expect(await logs("own.yaml", "--grace", "170ms")).toMatch(/170ms after SIGINT/);
  });

  it.each(["SIGINT", "SIGTERM"] as const)("have all ended before a run that got %s ends", async (signal) => {
    await using home = cliHome();
    home.write("deaf.sh", DEAF);
    home.write("deaf.yaml", "flow: deaf\ngrace: 300ms\ntasks: { a: { run: bash deaf.sh } }\n");
    const run = home.start(["run", "deaf.yaml", "--logs", "full"]);
    await run.saw("a | ready");
    run.child.kill(signal);
    expect((await run.finished).signal).toBe(signal);
    expect([pidsIn(home).length, running(home)]).toEqual([2, []]);
  });

  it("are killed by a second Ctrl-C at once, however long their grace", async () => {
    await using home = cliHome();
    home.write("deaf.sh", DEAF);
    home.write("deaf.yaml", "flow: deaf\ngrace: 1h\ntasks: { a: { run: bash deaf.sh } }\n");
    const run = home.start(["run", "deaf.yaml", "--logs", "full"]);
    await run.saw("a | ready");
    run.child.kill("SIGINT");
    await run.saw("stopping what runs");
    run.child.kill("SIGINT");
    expect((await run.finished).signal).toBe("SIGINT");
    // The system needs a moment for a SIGKILL.
    while (running(home).length > 0) await new Promise((resolve) => setImmediate(resolve));
    expect(pidsIn(home)).toHaveLength(2);
  });

  it("have all ended before a run ends by --timeout", async () => {
    await using home = cliHome();
    home.write("deaf.sh", DEAF);
    home.write("deaf.yaml", "flow: deaf\ngrace: 200ms\ntasks: { a: { run: bash deaf.sh } }\n");
    const done = await home.run(["run", "deaf.yaml", "--timeout", "1500ms"]);
    expect(done.code).toBe(124);
    expect([pidsIn(home).length, running(home)]).toEqual([2, []]);
  });

  it("that a script leaves in the background are ended, and named; those that end by themselves are not", async () => {
    await using home = cliHome();
    home.write(
      "background.yaml",
      `flow: background
grace: 200ms
tasks:
  quiet: { run: "sleep 500 >/dev/null 2>&1 & echo $! >> pids" }
  loud: { run: "(trap '' TERM; while :; do sleep 0.05; done) & echo $! >> pids" }
  brief: { run: "(sleep 0.01; echo late) & echo early" }
`,
    );
    const done = await home.run(["run", "background.yaml", "--logs", "full"]);
    expect(done.code).toBe(0);
    expect(done.stdout).toMatch(
      /quiet \| programs left running in the background are ended with the task: sleep \(pid/,
    );
    expect(done.stdout).toMatch(/loud \| killed, because they still ran 200ms after SIGTERM: bash \(pid/);
    expect(done.stdout).toContain("brief | late");
    expect(done.stdout).not.toMatch(/brief \| programs/);
    expect([pidsIn(home).length, running(home)]).toEqual([2, []]);
  });

  it("that are stopped are continued, and end", async () => {
    await using home = cliHome();
    const script = "trap 'echo ended in order; exit 0' TERM; echo $$ >> pids; kill -STOP $$";
    home.write(
      "stopped.yaml",
      `flow: stopped\ntasks: { a: { timeout: 500ms, grace: 1h, run: ${JSON.stringify(script)} } }`,
    );
    expect((await home.run(["run", "stopped.yaml", "--logs", "full"])).stdout).toContain("a | ended in order");
    expect([pidsIn(home).length, running(home)]).toEqual([1, []]);
  });

  it("that run in a session of their own are out of reach, and keep no task waiting", async () => {
    await using home = cliHome();
    home.write("away.yaml", `flow: away\ntasks: { a: { run: "setsid sleep 600 & echo $! >> pids" } }`);
    expect((await home.run(["run", "away.yaml"])).code).toBe(0);
    const left = running(home);
    expect(left).toHaveLength(1);
    for (const pid of left) process.kill(pid, "SIGKILL");
  });

  it("are ended by the next command if the runner was killed, and no run of the flow begins before", async () => {
    await using home = cliHome();
    home.write("deaf.sh", DEAF);
    home.write("deaf.yaml", "flow: deaf\ngrace: 300ms\ntasks: { a: { run: bash deaf.sh } }\n");
    const run = home.start(["run", "deaf.yaml", "--logs", "full"]);
    await run.saw("a | ready");
    run.child.kill("SIGKILL");
    await run.finished;
    expect(running(home)).toHaveLength(2);
    home.write("deaf.yaml", `flow: deaf\ntasks: { a: { run: bash alive.sh next } }`);
    home.write("alive.sh", ALIVE);
    expect((await home.run(["run", "deaf.yaml", "--on-overlap", "fail"])).code).toBe(0);
    expect([pidsIn(home).length, running(home), read(home, "overlaps")]).toEqual([2, [], ""]);
  });
});

describe("a task function that does not end when its signal is aborted", () => {
  it("is waited for until its grace is over, and its next attempt starts only then", async () => {
    await using home = cliHome();
    home.write(
      "attempts.ts",
      `import { appendFileSync } from "node:fs";
import { flow, task } from "flowctl";
const wait = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
const note = (text: string) => { appendFileSync("notes", text + "\\n"); };
const ends = task("ends", { timeout: "200ms", grace: "1h", retry: 1 }, async (_: {}, { attempt }) => {
  note("ends " + attempt + " begins");
  await wait(600);
  note("ends " + attempt + " is over");
});
const never = task("never", { timeout: "200ms", grace: "300ms", retry: 1 }, async () => { await wait(300_000); });
export default flow("attempts", () => { ends(); never(); });`,
    );
    const done = await home.run(["run", "attempts.ts"]);
    expect(read(home, "notes")).toBe("ends 1 begins\nends 1 is over\nends 2 begins\nends 2 is over\n");
    expect(done.stdout).toContain("never › The task did not end within 200ms after 2 attempts");
  });
});
