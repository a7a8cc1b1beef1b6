import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { cliHome } from "../rig/cli.ts";
import { offLinux } from "../rig/skip.ts";
import { onTerminal } from "../rig/terminal.ts";

const SLOW = `import { appendFileSync } from "node:fs";
import { flow, shell, task } from "flowctl";
const note = (text: string) => { appendFileSync("notes", text + "\\n"); };
const done = task("done", () => { note("done ran"); });
const body = task("body", { stateHandlers: [(_t, _f, to) => { note("body is " + to.type); }] }, async (_: {}, { signal }) => {
  await new Promise((_resolve, reject) => {
    setTimeout(() => undefined, 60_000);
    signal.addEventListener("abort", () => { note("body was asked to end"); reject(signal.reason as Error); });
  });
});
const script = shell({ name: "script", script: "echo $$ > pid; sleep 300 & echo $! > background; echo started; wait" });
const never = task("never", () => { note("never ran"); });
export default flow("slow", { stateHandlers: [(_f, _s, to) => { note("flow is " + to.type); }] }, () => {
  const first = done();
  body({}, { upstream: [first] });
  never({}, { upstream: [script({}, { upstream: [first] })] });
});`;

/** A body that hears nothing. */
const DEAF = `import { flow, task } from "flowctl";
const deaf = task("deaf", async (_: {}, { signal }) => {
  signal.addEventListener("abort", () => { console.log("asked"); });
  console.log("started");
  await new Promise((resolve) => setTimeout(resolve, 300_000));
});
export default flow("deaf", { stateHandlers: [(_f, _s, to) => { console.log("flow is", to.type); }] }, () => { deaf(); });`;

const isAlive = (pid: number): boolean => {
  try {
    // A zombie that nobody has waited for is no process any more.
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    return !stat.includes(") Z ");
  } catch {
    return false;
  }
};

/** Task functions that keep the thread for longer than a slice; the second says so before it starts to. */
const busyFlow = (isAsync: boolean): string => `import { writeSync } from "node:fs";
import { flow, task } from "flowctl";
const busy = (name: string) => { writeSync(1, name + " works\\n"); const end = Date.now() + 400; while (Date.now() < end); };
const step = (name: string) => task(name, ${isAsync ? "async " : ""}(_: {}) => { busy(name); });
export default flow("busy", () => {
  let last = step("s0")();
  for (let i = 1; i < 30; i++) last = step("s" + String(i))({}, { upstream: [last] });
});`;

describe("a run that is stopped", () => {
  it.each([false, true])(
    "by SIGTERM between task functions that never wait ends at the next start of a task (async: %s)",
    async (isAsync) => {
      await using home = cliHome();
      home.write("busy.ts", busyFlow(isAsync));
      const run = home.start(["run", "busy.ts"]);
      await run.saw("s1 works");
      run.child.kill("SIGTERM");
      const done = await run.finished;
      expect(done.signal).toBe("SIGTERM");
      // The signal may come while the next one is being started.
      expect(done.output).not.toContain("s3 works");
      const shown = JSON.parse((await home.run(["runs", "show", "--json"])).stdout) as Record<string, unknown>;
      expect(shown["state"]).toBe("Cancelled");
    },
  );

  it.each([false, true])(
    "by --timeout between task functions that never wait ends with exit code 124 (async: %s)",
    async (isAsync) => {
      await using home = cliHome();
      home.write("busy.ts", busyFlow(isAsync));
      const done = await home.run(["run", "busy.ts", "--timeout", "600ms"]);
      expect(done.code).toBe(124);
      expect(done.output).not.toContain("s5 works");
    },
  );

  it.each(["SIGINT", "SIGTERM", "SIGHUP"] as const)(
    "by %s ends Cancelled: bodies are asked to end, scripts with all they started too, state handlers run",
    async (signal) => {
      await using home = cliHome();
      home.write("slow.ts", SLOW);
      const run = home.start(["run", "slow.ts", "--logs", "full"]);
      await run.saw("script | started");
      run.child.kill(signal);
      const done = await run.finished;
      expect([done.code, done.signal]).toEqual([null, signal]);
      const read = (name: string): string => readFileSync(join(home.directory, name), "utf8");
      const notes = read("notes").trim().split("\n");
      expect(notes).toEqual([
        "flow is Running",
        "done ran",
        "body is Running",
        "body was asked to end",
        "body is Cancelled",
        "flow is Cancelled",
      ]);
      if (existsSync("/proc"))
        expect(["pid", "background"].map((name) => isAlive(Number(read(name))))).toEqual([false, false]);
      const json = JSON.parse((await home.run(["runs", "show", "--json"])).stdout) as Record<string, unknown>;
      expect(json).toMatchObject({ state: "Cancelled", counts: { ok: 1, cancelled: 3 } });
      expect(done.stdout).toMatch(/go on: {3}flowctl runs resume \w{10}/);
    },
  );

  it("does not wait for ever for a body that hears nothing, and its handlers run all the same", async () => {
    await using home = cliHome();
    home.write("deaf.ts", DEAF);
    const run = home.start(["run", "deaf.ts", "--logs", "full"]);
    await run.saw("deaf | started");
    run.child.kill("SIGTERM");
    const done = await run.finished;
    expect(done.signal).toBe("SIGTERM");
    expect(done.stdout).toContain("flow is Cancelled");
    expect((await home.run(["runs", "list", "-q"])).stdout).toContain("Cancelled");
  });

  it("is killed by a second signal at once, and is found dead by the next command", async () => {
    await using home = cliHome();
    home.write("deaf.ts", DEAF);
    const run = home.start(["run", "deaf.ts", "--logs", "full"]);
    await run.saw("deaf | started");
    run.child.kill("SIGINT");
    await run.saw("deaf | asked");
    run.child.kill("SIGINT");
    const done = await run.finished;
    expect(done.signal).toBe("SIGINT");
    expect(done.stdout).not.toContain("flow is Cancelled");
    expect(done.stdout).toContain("stopping what runs; Ctrl-C again waits for nothing\n");
    expect(done.stderr).toMatch(
      /^deaf crashed: A second SIGINT ended it before what was running had stopped\. Running: deaf\. .*\n {3}go on: {3}flowctl runs resume \w{10}$/m,
    );
    await home.run(["reap"]);
    expect((await home.run(["runs", "list", "-q"])).stdout).toContain("Crashed");
  });

  it.skipIf(offLinux)(
    "a second time leaves the terminal with its cursor and nothing painted, and no script",
    async () => {
      await using home = cliHome();
      home.write(
        "stubborn.yaml",
        `flow: stubborn\ntasks:\n  deaf: { run: "trap '' TERM; echo $$ > pid; sleep 300; sleep 300" }\n`,
      );
      const { code, output } = await onTerminal(
        home,
        ["run", "stubborn.yaml"],
        [
          ["1 running", "\x03"],
          ["stopping what runs", "\x03"],
        ],
      );
      expect(code).toBe(130);
      expect(output.lastIndexOf("\x1b[?25h")).toBeGreaterThan(output.lastIndexOf("\x1b[?25l"));
      expect(output.slice(output.lastIndexOf("\x1b[?25h"))).not.toContain("running\r\n");
      expect(isAlive(Number(readFileSync(join(home.directory, "pid"), "utf8")))).toBe(false);
    },
  );

  it("can be gone on with from what was done", async () => {
    await using home = cliHome();
    home.write("slow.ts", SLOW);
    const run = home.start(["run", "slow.ts", "--logs", "full"]);
    await run.saw("script | started");
    run.child.kill("SIGTERM");
    await run.finished;
    const again = home.start(["runs", "resume", "last", "--logs", "full"]);
    await again.saw("script | started");
    again.child.kill("SIGTERM");
    expect((await again.finished).stderr).toContain("keeps done");
    expect(readFileSync(join(home.directory, "notes"), "utf8").match(/done ran/g)).toHaveLength(1);
  });
});
