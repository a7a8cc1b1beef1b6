import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { BIN, childrenOf } from "../rig/cli.ts";
import { CONFIG, oneEnd, records, start, told, WAIT } from "./doomed.ts";
import { offLinux } from "../rig/skip.ts";

/** A body that ends a moment after it is asked to. */
const HEEDS = `const held = setTimeout(() => {}, 60_000);
await new Promise((r) => ctx.signal.addEventListener("abort", () => setTimeout(r, 100)));
clearTimeout(held);`;

const CI = { env: { CI: "true" } };

/** The one child of the command that is `flowctl` as well. */
function runnerOf(pid: number): number {
  const runner = childrenOf(pid).find((child) => readFileSync(`/proc/${child}/cmdline`, "utf8").includes("doomed.ts"));
  if (runner === undefined) throw new Error("no runner was started");
  return runner;
}

describe.skipIf(offLinux)("in CI, with something to tell", () => {
  it("a runner that is killed is told before the step is over, with exit code 137", async () => {
    await using doomed = await start(WAIT, CI);
    const { home, started } = doomed;
    await started.saw("last | reached");
    process.kill(runnerOf(started.child.pid!), "SIGKILL");
    const { code, stderr } = await started.finished;
    expect(code).toBe(137);
    expect(stderr).toMatch(/doomed crashed: .* was killed \(SIGKILL\).* Running: last\./);
    expect(stderr).toContain("notifications: 1 sent");
    expect(await oneEnd(home)).toMatchObject({ state: "Crashed", writtenBy: "reaper" });
  });

  it("a heap that is full is told as that", async () => {
    const eat = "const all = []; for (;;) all.push(new Array(1e5).fill({}));";
    await using doomed = await start(eat, { env: { CI: "true", NODE_OPTIONS: "--max-old-space-size=40" } });
    const { code, stderr } = await doomed.started.finished;
    expect(code).toBe(134);
    expect(stderr).toMatch(/broke off \(SIGABRT\), as Node does when its heap is full/);
    await oneEnd(doomed.home);
  });

  it("exit codes, output and record are the same as without a parent", async () => {
    await using green = await start("", CI);
    expect(await green.started.finished).toMatchObject({ code: 0, signal: null });
    expect(records(green.home)).toMatchObject([{ state: "Success" }]);
    await using red = await start('throw new Error("no rows");', CI);
    const { code, output } = await red.started.finished;
    expect(code).toBe(1);
    expect(output).toContain("no rows");
    expect(await oneEnd(red.home)).toMatchObject({ state: "Failed", writtenBy: "runner" });
  });

  it("process.exit in a body is told before the step is over, too", async () => {
    await using doomed = await start("process.exit(0);", CI);
    const { code, stderr } = await doomed.started.finished;
    expect(code).toBe(1);
    expect(stderr.match(/doomed crashed/g)).toHaveLength(1);
    expect(stderr).toContain("notifications: 1 sent");
    expect(await oneEnd(doomed.home)).toMatchObject({ state: "Crashed", writtenBy: "runner" });
  });

  it("a signal is handed on, and ends the parent as it would have ended the runner", async () => {
    await using doomed = await start(HEEDS, CI);
    const { home, started } = doomed;
    await started.saw("last | reached");
    started.child.kill("SIGTERM");
    expect((await started.finished).signal).toBe("SIGTERM");
    expect(records(home)).toMatchObject([{ state: "Cancelled", writtenBy: "runner" }]);
  });

  it("a key that reaches parent and runner alike is one press", async () => {
    await using doomed = await start(HEEDS, { ...CI, detached: true });
    const { home, started } = doomed;
    await started.saw("last | reached");
    process.kill(-started.child.pid!, "SIGINT");
    expect((await started.finished).signal).toBe("SIGINT");
    // A second press would have ended it without a record.
    expect(records(home)).toMatchObject([{ state: "Cancelled", writtenBy: "runner" }]);
  });

  it("a runner whose parent is killed stops as if it had been asked to, and is told", async () => {
    await using doomed = await start(HEEDS, CI, { config: CONFIG.replace("[Failed]", "[Cancelled]") });
    const { home, started } = doomed;
    await started.saw("last | reached");
    started.child.kill("SIGKILL");
    await started.finished;
    expect(await oneEnd(home)).toMatchObject({ state: "Cancelled", writtenBy: "runner" });
  });

  it("parent and runner killed together are told by the sentinel", async () => {
    await using doomed = await start(WAIT, { ...CI, detached: true });
    const { home, started } = doomed;
    await started.saw("last | reached");
    process.kill(-started.child.pid!, "SIGKILL");
    await started.finished;
    expect(await oneEnd(home)).toMatchObject({ state: "Crashed", writtenBy: "reaper" });
  });

  it("a flow that only its own notifiers tell of is handed over once it is loaded, as one run", async () => {
    await using doomed = await start(WAIT, CI, { notifier: true });
    const { home, started } = doomed;
    await started.saw("last | reached");
    process.kill(runnerOf(started.child.pid!), "SIGKILL");
    expect((await started.finished).code).toBe(137);
    expect(await oneEnd(home)).toMatchObject({ state: "Crashed" });
  });

  it("nothing to tell is nothing to start", async () => {
    await using doomed = await start(WAIT, CI, { config: "" });
    await doomed.started.saw("last | reached");
    expect(childrenOf(doomed.started.child.pid!)).toEqual([]);
  });
});

/** The command as PID 1 of a container. */
const CONTAINER = ["unshare", "--pid", "--mount", "--fork", "--mount-proc", "--kill-child", process.execPath, BIN];
const trial = spawnSync("unshare", ["--pid", "--mount", "--fork", "--mount-proc", "true"], { encoding: "utf8" });
const mayUnshare = trial.status === 0;
if (!mayUnshare) process.stderr.write(`as PID 1: skipped, unshare says: ${trial.error?.message ?? trial.stderr}\n`);

describe.skipIf(!mayUnshare)("as PID 1", () => {
  const container = { program: CONTAINER };

  it("a runner that is killed is told, with exit code 137", async () => {
    await using doomed = await start(WAIT, container);
    const { home, started } = doomed;
    await started.saw("last | reached");
    const [init = 0] = childrenOf(started.child.pid!);
    process.kill(runnerOf(init), "SIGKILL");
    expect((await started.finished).code).toBe(137);
    expect(await oneEnd(home)).toMatchObject({ state: "Crashed", writtenBy: "reaper" });
  });

  it("a signal is handed on to the runner, and the exit code says which", async () => {
    await using doomed = await start(HEEDS, container);
    const { home, started } = doomed;
    await started.saw("last | reached");
    const [init = 0] = childrenOf(started.child.pid!);
    process.kill(init, "SIGTERM");
    expect((await started.finished).code).toBe(143);
    expect(records(home)).toMatchObject([{ state: "Cancelled", writtenBy: "runner" }]);
  });

  it("without anybody to tell it runs the flow itself, and ends by a signal instead of hanging", async () => {
    await using doomed = await start(HEEDS, container, { config: "" });
    const { home, started } = doomed;
    await started.saw("last | reached");
    const [init = 0] = childrenOf(started.child.pid!);
    expect(childrenOf(init)).toEqual([]);
    process.kill(init, "SIGINT");
    expect((await started.finished).code).toBe(130);
    expect(records(home)).toMatchObject([{ state: "Cancelled" }]);
  });

  it("of a container is a shell, which ends as soon as its one command is killed: that is told", async () => {
    const shell = [...CONTAINER.slice(0, -2), "sh", "-c", '"$0" "$@"; exit $?', ...CONTAINER.slice(-2)];
    await using doomed = await start(WAIT, { program: shell });
    const { home, started } = doomed;
    await started.saw("last | reached");
    const [init = 0] = childrenOf(started.child.pid!);
    const [command = 0] = childrenOf(init);
    process.kill(runnerOf(command), "SIGKILL");
    expect((await started.finished).code).toBe(137);
    expect(await oneEnd(home)).toMatchObject({ state: "Crashed", writtenBy: "reaper" });
  });

  it("a flow that ends well ends well", async () => {
    await using doomed = await start("", container);
    expect((await doomed.started.finished).code).toBe(0);
    expect(await told(doomed.home, 0)).toEqual([]);
  });
});
