import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { systemProcesses } from "../../src/host/process.ts";

const processes = systemProcesses();

it("knows when a process was started, and that a dead one was not", async () => {
  const child = spawn("sleep", ["30"]);
  await once(child, "spawn");
  const pid = child.pid!;
  expect(processes.startTime(pid)).toMatch(/\d/);
  child.kill("SIGKILL");
  await once(child, "exit");
  expect(processes.startTime(pid)).toBeUndefined();
});

it("signals a whole group, but only when its leader is the process that was meant", async () => {
  const child = spawn("sh", ["-c", "sleep 30 & echo $!; wait"], {
    detached: true,
    stdio: ["ignore", "pipe", "ignore"],
  });
  const [said] = (await once(child.stdout, "data")) as [Buffer];
  const grandchild = Number(said.toString().trim());
  const leader = { pid: child.pid!, startedAt: processes.startTime(child.pid!) };
  expect(processes.signalGroup({ pid: leader.pid, startedAt: "another time" }, "SIGKILL")).toBe(false);
  expect(processes.signalGroup({ pid: leader.pid, startedAt: undefined }, "SIGKILL")).toBe(false);
  expect(processes.signalGroup(leader, 0)).toBe(true);
  expect(processes.signalGroup(leader, "SIGKILL")).toBe(true);
  // Both hold the pipe: it closes when the last of them exits, a moment before the system says that it has.
  await once(child, "close");
  await expect.poll(() => stateOf(grandchild)).toMatch(/^Z?$/);
});

function stateOf(pid: number): string {
  try {
    const status = readFileSync(`/proc/${String(pid)}/stat`, "utf8");
    return status.slice(status.lastIndexOf(")") + 2, status.lastIndexOf(")") + 3);
  } catch {
    return "";
  }
}
