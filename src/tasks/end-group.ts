import { spawnSync } from "node:child_process";
import { kill, platform } from "node:process";

/** How often a group that was asked to end is looked at, in milliseconds. */
const LOOK = 10;

/**
 * Ends a process group: asks, waits until it is gone, and kills what is left after the grace.
 * A group that is gone already costs one system call.
 */
export async function endGroup(pid: number, graceMs: number): Promise<void> {
  if (platform === "win32") {
    spawnSync("taskkill", ["/pid", String(pid), "/t", "/f"], { stdio: "ignore", windowsHide: true });
    return;
  }
  if (!signal(pid, "SIGTERM")) return;
  const until = performance.now() + graceMs;
  while (performance.now() < until) {
    await new Promise((resolve) => setTimeout(resolve, LOOK));
    if (!signal(pid, 0)) return;
  }
  signal(pid, "SIGKILL");
}

/** @returns whether there was anybody to signal */
function signal(pid: number, name: NodeJS.Signals | 0): boolean {
  try {
    kill(-pid, name);
    return true;
  } catch (error) {
    // EPERM on macOS: only zombies are left.
    return error instanceof Error && "code" in error && error.code !== "ESRCH" && error.code !== "EPERM";
  }
}
