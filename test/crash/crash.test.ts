import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { membersOf } from "../../src/host/process-group.ts";
import type { Will } from "../../src/runs/will.ts";
import { BIN, childrenOf, cliHome, type Started } from "../rig/cli.ts";
import { faultyServer } from "../rig/faulty-server.ts";
import { CONFIG, flowOf, oneEnd, records, start, told, WAIT } from "./doomed.ts";
import { isProgram } from "../rig/keyring.ts";
import { offLinux, skipReason } from "../rig/skip.ts";

const noPython = skipReason(
  "a slow reader of a pipe that does not wait",
  isProgram("python3") ? undefined : "python3 is not installed",
);

/** Nobody is left who could tell of it. */
async function killWithSentinel(started: Started): Promise<void> {
  const { child, finished } = started;
  for (const pid of childrenOf(started.child.pid!)) process.kill(pid, "SIGKILL");
  child.kill("SIGKILL");
  await finished;
}

describe("a run that dies", () => {
  it("by SIGKILL is told by the sentinel, once, with what it was doing", async () => {
    await using doomed = await start(WAIT);
    const { home, started } = doomed;
    await started.saw("last | reached");
    started.child.kill("SIGKILL");
    expect((await started.finished).signal).toBe("SIGKILL");
    const end = await oneEnd(home);
    expect(end).toMatchObject({ state: "Crashed", writtenBy: "reaper" });
    expect(end.message).toContain("Running: last.");
  });

  it("by process.exit in a body is Crashed, with exit code 1", async () => {
    await using doomed = await start("process.exit(0);");
    const { home, started } = doomed;
    const { code, stderr } = await started.finished;
    expect(code).toBe(1);
    expect(stderr).toContain("doomed crashed: The process ended before the run did");
    expect(await oneEnd(home)).toMatchObject({ state: "Crashed", writtenBy: "runner" });
  });

  it.each([
    ["in its body", `setImmediate(() => { throw new Error("out of the blue"); });`, ""],
    ["in a promise that nobody waits for", `void Promise.reject(new Error("out of the blue"));`, ""],
    [
      "in a timer outside of any task",
      "isReached = true;",
      `let isReached = false;
      const timer = setInterval(() => { if (isReached) throw new Error("out of the blue"); }, 1);`,
    ],
  ])("by an error that nobody caught, %s, is Crashed, and says which", async (_, body, before) => {
    await using doomed = await start(`${body} ${WAIT}`, {}, { before });
    const { home, started } = doomed;
    const { code, stderr } = await started.finished;
    expect(code).not.toBe(0);
    expect(stderr).toContain("out of the blue");
    const end = await oneEnd(home);
    expect(end).toMatchObject({ state: "Crashed", writtenBy: "runner" });
    expect(end.message).toBe("Nobody caught Error: out of the blue. Running: last.");
  });

  it.skipIf(noPython)(
    "by an error that nobody caught ends when a slow reader has read why, and not before",
    async () => {
      await using home = cliHome();
      home.write(
        "late.ts",
        `import { writeFileSync } from "node:fs";
import { flow, task } from "flowctl";
const last = task("last", () => new Promise(() => {
  console.log("x".repeat(400_000));
  setTimeout(() => { writeFileSync("thrown", ""); throw new Error("out of the blue"); }, 1);
}));
export default flow("late", () => { last(); });`,
      );
      // A pipe that does not wait and holds a part of it; its reader begins when the error is on its way.
      const script = `
import fcntl, os, subprocess, sys
read, write = os.pipe()
fcntl.fcntl(write, fcntl.F_SETFL, fcntl.fcntl(write, fcntl.F_GETFL) | os.O_NONBLOCK)
child = subprocess.Popen(sys.argv[1:], stdout=write, stderr=write)
os.close(write)
while child.poll() is None and not os.path.exists("thrown"): pass
while chunk := os.read(read, 65536):
    os.write(1, chunk)
sys.exit(child.wait())`;
      const { code, stdout } = await home.run(["run", "late.ts", "--logs", "full"], {
        program: ["python3", "-c", script, process.execPath, BIN],
      });
      expect(code).toBe(1);
      expect(stdout.match(/x/g)?.length).toBeGreaterThanOrEqual(400_000);
      expect(stdout).toContain("late crashed: Nobody caught Error: out of the blue. Running: last.");
    },
  );

  it("because nothing is left to wait for is Crashed, not a success", async () => {
    await using doomed = await start("await new Promise(() => {});");
    const { home, started } = doomed;
    expect((await started.finished).code).toBe(1);
    expect(await oneEnd(home)).toMatchObject({ state: "Crashed" });
  });

  it("with its whole process group is told all the same: the sentinel is in none of it", async () => {
    await using doomed = await start(WAIT, { detached: true });
    const { home, started } = doomed;
    await started.saw("last | reached");
    process.kill(-started.child.pid!, "SIGKILL");
    await started.finished;
    expect(await oneEnd(home)).toMatchObject({ state: "Crashed" });
  });

  it("is told though a service manager asks at once all that is left of the service to end", async () => {
    await using doomed = await start(WAIT);
    const { home, started } = doomed;
    await started.saw("last | reached");
    const [sentinel = 0] = childrenOf(started.child.pid!);
    started.child.kill("SIGKILL");
    await started.finished;
    process.kill(-sentinel, "SIGTERM");
    expect(await oneEnd(home)).toMatchObject({ state: "Crashed", writtenBy: "reaper" });
  });

  it("when its sentinel is gone, too, is told by the next command", async () => {
    await using doomed = await start(WAIT);
    const { home, started } = doomed;
    await started.saw("last | reached");
    await killWithSentinel(started);
    home.write("green.ts", flowOf("").replace("doomed", "green"));
    expect((await home.run(["run", "green.ts"])).code).toBe(0);
    const messages = await told(home);
    expect(messages).toHaveLength(1);
    expect(records(home).filter((end) => end.state === "Crashed")).toHaveLength(1);
  });

  it.each(["is found from there", "is gone by then"])(
    "is told by the sentinel though NODE_OPTIONS names a file of the directory it runs in, which %s",
    async (what) => {
      await using home = cliHome();
      home.write("flowctl.config.yaml", CONFIG);
      home.write("doomed.ts", flowOf(WAIT));
      const file = home.write("before.mjs", "");
      const env = { NODE_OPTIONS: "--import ./before.mjs" };
      const started = home.start(["run", "doomed.ts", "--logs", "full"], { env });
      await started.saw("last | reached");
      if (what === "is gone by then") rmSync(file);
      started.child.kill("SIGKILL");
      await started.finished;
      expect(await oneEnd(home)).toMatchObject({ state: "Crashed", writtenBy: "reaper" });
    },
  );

  it("together with another of its flow is told, though each of them is a reason to keep quiet of the next", async () => {
    const config = CONFIG.replace("to: [here]", "to: [here], notifyOn: change");
    await using doomed = await start(WAIT, {}, { config });
    const { home, started } = doomed;
    const other = home.start(["run", "doomed.ts", "--logs", "full"]);
    await Promise.all([started.saw("last | reached"), other.saw("last | reached")]);
    await Promise.all([killWithSentinel(started), killWithSentinel(other)]);
    await home.run(["reap"]);
    const messages = await told(home);
    expect(messages).toHaveLength(1);
    expect(records(home).map(({ state }) => state)).toEqual(["Crashed", "Crashed"]);
  });

  it("with its machine is told after the restart, and as that", async () => {
    await using doomed = await start(WAIT);
    const { home, started } = doomed;
    await started.saw("last | reached");
    await killWithSentinel(started);
    const [id = ""] = readdirSync(join(home.state, "runs"));
    const will = join(home.state, "runs", id, "will.json");
    writeFileSync(
      will,
      JSON.stringify({ ...(JSON.parse(readFileSync(will, "utf8")) as object), bootId: "an earlier boot" }),
    );
    await home.run(["reap"]);
    expect((await oneEnd(home)).message).toMatch(/was restarted while the run was going on/);
  });

  it("hours before it is found is told with its own times, and its recovery counts from there", async () => {
    const config = CONFIG.replace("to: [here]", "events: [recovered], to: [here]");
    await using doomed = await start(WAIT, {}, { config });
    const { home, started } = doomed;
    await started.saw("last | reached");
    await killWithSentinel(started);
    const [id = ""] = readdirSync(join(home.state, "runs"));
    for (const name of ["will.json", "journal.jsonl"]) {
      const file = join(home.state, "runs", id, name);
      const earlier = readFileSync(file, "utf8").replaceAll(/(?<="(?:at|startedAt)":")[^"]+/g, (at) =>
        new Date(Date.parse(at) - 6 * 3_600_000).toISOString(),
      );
      writeFileSync(file, earlier);
    }
    const { startedAt } = JSON.parse(readFileSync(join(home.state, "runs", id, "will.json"), "utf8")) as Will;
    await home.run(["reap"]);
    expect((await oneEnd(home)).message).toMatch(/Running: last\. .* 6h 00m before it was found\.$/);
    home.write("doomed.ts", flowOf(""));
    await home.run(["run", "doomed.ts"]);
    const { stdout } = await home.run(["inbox"]);
    expect(stdout).toContain(`Started: ${startedAt.replace("T", " ").replace(/\..*/, "")} UTC`);
    expect(stdout).toContain("recovered after 1 failed run, down 6h 00m");
  });

  it("leaves none of its programs behind", async () => {
    await using doomed = await start("");
    const { home, started } = doomed;
    await started.finished;
    home.write(
      "sh.ts",
      `import { flow, shell } from "flowctl";
      const work = shell({ name: "work", script: "echo pid $$; sleep 100" });
      export default flow("doomed", () => { work(); });`,
    );
    const second = home.start(["run", "sh.ts", "--logs", "full"]);
    await second.saw(/work \| pid \d+/);
    second.child.kill("SIGKILL");
    const pid = Number(/pid (\d+)/.exec((await second.finished).output)?.[1]);
    await told(home);
    // Not `kill(-pid, 0)`: what process 1 of a container has not reaped yet still has its number.
    expect(membersOf(pid)).toEqual([]);
  });
});

it.skipIf(offLinux)(
  "what a full disk did not take of a sub-flow's news outlives the run that kept it in memory",
  async () => {
    await using home = cliHome();
    home.write(
      "flowctl.config.yaml",
      `channels: { here: { type: command, run: "[ -e open ] && cat > told" } }
hooks: [{ name: told, match: { flows: [inner] }, states: [Failed], to: [here] }]
`,
    );
    home.write(
      "flows.ts",
      `import { flow, runFlow, task, triggers } from "flowctl";
    const load = task("load", () => { throw new Error("no room"); });
    const wait = task("wait", { trigger: triggers.allFinished }, async () => { console.log("waiting"); ${WAIT} });
    const inner = flow("inner", () => { load(); });
    export default flow("outer", () => { wait({}, { upstream: [runFlow(inner)({})] }); });`,
    );
    mkdirSync(home.state, { mode: 0o700 });
    writeFileSync(join(home.state, "outbox"), "in its place");
    const run = home.start(["run", "flows.ts", "--logs", "full"]);
    await run.saw("wait | waiting");
    await killWithSentinel(run);
    expect((await run.finished).stderr).toContain("not durable");
    rmSync(join(home.state, "outbox"));
    home.write("open", "");
    await home.run(["reap"]);
    expect(JSON.parse(readFileSync(join(home.directory, "told"), "utf8"))).toMatchObject({
      message: { alert: { flow: "inner", to: "Failed", summary: expect.stringContaining("failed") as string } },
    });
    expect(readdirSync(join(home.state, "live"))).toEqual([]);
  },
);

it("a run whose flow has a notifier and no hook is told by it when it dies", async () => {
  await using doomed = await start(WAIT, {}, { notifier: true });
  const { home, started } = doomed;
  await started.saw("last | reached");
  started.child.kill("SIGKILL");
  await started.finished;
  expect(await oneEnd(home)).toMatchObject({ state: "Crashed", writtenBy: "reaper" });
});

it.skipIf(offLinux)("a run whose terminal is closed is Cancelled, and told", async () => {
  await using home = cliHome();
  home.write("flowctl.config.yaml", CONFIG.replace("[Failed]", "[Cancelled]"));
  home.write("doomed.ts", flowOf(WAIT));
  const command = `stty cols 80 rows 24; exec '${process.execPath}' '${BIN}' run doomed.ts --logs full --ui plain`;
  const terminal = home.start(["-qec", command, "/dev/null"], { program: ["script"], env: { TERM: "xterm" } });
  await terminal.saw("reached");
  terminal.child.kill("SIGKILL");
  await terminal.finished;
  expect(await oneEnd(home)).toMatchObject({ state: "Cancelled", writtenBy: "runner" });
});

it("a flow with nobody to tell starts no sentinel", async () => {
  await using home = cliHome();
  home.write("quiet.ts", flowOf(WAIT));
  const started = home.start(["run", "quiet.ts", "--logs", "full"]);
  await started.saw("last | reached");
  expect(readFileSync(`/proc/${started.child.pid}/task/${started.child.pid}/children`, "utf8").trim()).toBe("");
  started.child.kill("SIGKILL");
  await started.finished;
});

it("a dead man's switch hears of the start and of the death, under one id", async () => {
  const server = await faultyServer(() => ({ status: 200, body: "OK" }));
  try {
    const config = `channels: { switch: { type: deadman, url: "${server.url}/uuid" } }
hooks: [{ name: pinged, states: [Success, Failed], events: [started], to: [switch] }]
`;
    await using doomed = await start(WAIT, {}, { config });
    const { started } = doomed;
    await started.saw("last | reached");
    await server.arrived(1);
    started.child.kill("SIGKILL");
    const heard = async (count: number): Promise<readonly string[]> => {
      const paths = (await server.arrived(count)).map(({ path }) => path);
      // A ping whose answer the runner did not live to see is repeated: the protocol allows for it.
      return paths.some((path) => path.includes("/fail")) ? paths : heard(count + 1);
    };
    const paths = await heard(2);
    expect(new Set(paths.map((path) => path.split("?")[0]))).toEqual(new Set(["/uuid/start", "/uuid/fail"]));
    expect(new Set(paths.map((path) => path.split("rid=")[1])).size).toBe(1);
  } finally {
    await server.close();
  }
});
