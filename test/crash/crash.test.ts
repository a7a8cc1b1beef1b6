import { readdirSync, readFileSync } from "node:fs";
import { watch } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { BIN, cliHome, type CliHome } from "../rig/cli.ts";

const CONFIG = `channels: { here: { type: inbox } }
hooks: [{ name: told, states: [Failed], to: [here] }]
`;
const flowOf = (body: string): string => `import { flow, task } from "flowctl";
import { spawn } from "node:child_process";
const before = task("before", () => { console.log("before"); });
const last = task("last", async () => { await new Promise((r) => setImmediate(() => setImmediate(r))); console.log("reached"); ${body} });
export default flow("doomed", () => { last({}, { upstream: [before()] }); });`;
const WAIT = "await new Promise((r) => setTimeout(r, 60_000));";

interface End {
  readonly runId: string;
  readonly state: string;
  readonly message: string;
  readonly writtenBy: string;
}

/** What is told in the end: waits for the inbox, however long the sentinel takes. */
async function told(home: CliHome): Promise<readonly string[]> {
  const inbox = join(home.state, "inbox");
  const read = (): string[] => {
    try {
      return readdirSync(inbox)
        .filter((name) => name.endsWith(".json"))
        .map((name) => readFileSync(join(inbox, name), "utf8"));
    } catch {
      return [];
    }
  };
  const settled = (): boolean => readdirSync(join(home.state, "live")).length === 0;
  const abort = new AbortController();
  try {
    const changes = watch(home.state, { recursive: true, signal: abort.signal })[Symbol.asyncIterator]();
    let next = changes.next();
    while (read().length === 0 || !settled()) {
      await next;
      next = changes.next();
    }
    next.catch(() => undefined);
  } finally {
    abort.abort();
  }
  return read();
}

function records(home: CliHome): readonly End[] {
  const runs = join(home.state, "runs");
  return readdirSync(runs).map((id) => JSON.parse(readFileSync(join(runs, id, "end.json"), "utf8")) as End);
}

/** Exactly one terminal record, and one message about it. */
async function oneEnd(home: CliHome): Promise<End> {
  const messages = await told(home);
  expect(messages).toHaveLength(1);
  expect(messages[0]).toContain("doomed");
  // Whoever looks again finds nothing to do.
  await home.run(["reap"]);
  expect(await told(home)).toHaveLength(1);
  const ends = records(home);
  expect(ends).toHaveLength(1);
  return ends[0]!;
}

async function start(body: string, options: Parameters<CliHome["start"]>[1] = {}) {
  const home = cliHome();
  home.write("flowctl.config.yaml", CONFIG);
  home.write("doomed.ts", flowOf(body));
  const started = home.start(["run", "doomed.ts", "--logs", "full"], options);
  return { home, started, [Symbol.asyncDispose]: () => home[Symbol.asyncDispose]() };
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

  it("by an error that nobody caught is Crashed, and says which", async () => {
    await using doomed = await start(`setImmediate(() => { throw new Error("out of the blue"); }); ${WAIT}`);
    const { home, started } = doomed;
    const { code, stderr } = await started.finished;
    expect(code).not.toBe(0);
    expect(stderr).toContain("out of the blue");
    expect((await oneEnd(home)).message).toContain("Nobody caught Error: out of the blue");
  });

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

  it("when its sentinel is gone, too, is told by the next command", async () => {
    await using doomed = await start(WAIT);
    const { home, started } = doomed;
    await started.saw("last | reached");
    const children = readFileSync(`/proc/${started.child.pid}/task/${started.child.pid}/children`, "utf8")
      .trim()
      .split(" ");
    for (const pid of children) process.kill(Number(pid), "SIGKILL");
    started.child.kill("SIGKILL");
    await started.finished;
    home.write("green.ts", flowOf("").replace("doomed", "green"));
    expect((await home.run(["run", "green.ts"])).code).toBe(0);
    const messages = await told(home);
    expect(messages).toHaveLength(1);
    expect(records(home).filter((end) => end.state === "Crashed")).toHaveLength(1);
  });

  it("with its machine is told after the restart, and as that", async () => {
    await using doomed = await start(WAIT);
    const { home, started } = doomed;
    await started.saw("last | reached");
    const children = readFileSync(`/proc/${started.child.pid}/task/${started.child.pid}/children`, "utf8")
      .trim()
      .split(" ");
    for (const pid of children) process.kill(Number(pid), "SIGKILL");
    started.child.kill("SIGKILL");
    await started.finished;
    const [id = ""] = readdirSync(join(home.state, "runs"));
    const will = join(home.state, "runs", id, "will.json");
    const { writeFileSync } = await import("node:fs");
    writeFileSync(
      will,
      JSON.stringify({ ...(JSON.parse(readFileSync(will, "utf8")) as object), bootId: "an earlier boot" }),
    );
    await home.run(["reap"]);
    expect((await oneEnd(home)).message).toMatch(/was restarted while the run was going on/);
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
    expect(() => process.kill(-pid, 0)).toThrow();
  });
});

it("a run whose flow has a notifier and no hook is told by it when it dies", async () => {
  await using home = cliHome();
  const notified = flowOf(WAIT)
    .replace("import { flow, task } from", "import { flow, task, slackNotifier } from")
    .replace(
      'flow("doomed", ',
      'flow("doomed", { stateHandlers: [slackNotifier({ onlyStates: ["Failed"], channel: "here" })] }, ',
    );
  home.write("flowctl.config.yaml", "channels: { here: { type: inbox } }\n");
  home.write("doomed.ts", notified);
  const started = home.start(["run", "doomed.ts", "--logs", "full"]);
  await started.saw("last | reached");
  started.child.kill("SIGKILL");
  await started.finished;
  expect(await oneEnd(home)).toMatchObject({ state: "Crashed", writtenBy: "reaper" });
});

it.skipIf(process.platform !== "linux")("a run whose terminal is closed is Cancelled, and told", async () => {
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
