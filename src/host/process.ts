import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import type { StopPolicy } from "../model/stop-policy.ts";
import { endGroup, signalGroup } from "./process-group.ts";

/** What tells one process from a later one that got the same number. */
export interface ProcessIdentity {
  readonly pid: number;
  /** When it was started, in the system's own words; undefined where that cannot be learnt. */
  readonly startedAt: string | undefined;
}

/** Processes as a port: who runs, since when, on which boot of which machine. */
export interface Processes {
  /** When the process with this number was started, in the system's own words; undefined where there is none. */
  startTime(pid: number): string | undefined;
  /**
   * Sends a signal to a whole process group, if its leader is still the process that was meant.
   * @returns whether there was anything to signal
   */
  signalGroup(leader: ProcessIdentity, signal: NodeJS.Signals | 0): boolean;
  /** Ends a process group as at the end of an attempt; resolves when no process of it runs any more. */
  endGroup(pid: number, policy: StopPolicy): Promise<unknown>;
  /** Changes with each start of the machine; undefined where that cannot be learnt. */
  bootId(): string | undefined;
  /** The file in which the system counts what it kills for want of memory beside this process; Linux only. */
  memoryEvents(): string | undefined;
  /** That count; undefined where the file is gone or says nothing. */
  memoryKills(events: string): number | undefined;
  /** The same for as long as the machine is installed. */
  machineId(): string | undefined;
  /** What process 1 is called; Linux only. */
  initName(): string | undefined;
}

/** The machine's processes. */
export function systemProcesses(): Processes {
  const startTime = (pid: number): string | undefined =>
    process.platform === "linux" ? linuxStart(pid) : portableStart(pid);
  return {
    startTime,
    signalGroup(leader, signal) {
      const now = startTime(leader.pid);
      // A leader that is gone may leave its group behind; a leader that is another process may not be touched.
      if (now !== undefined && now !== leader.startedAt) return false;
      return signalGroup(leader.pid, signal);
    },
    endGroup,
    memoryEvents,
    memoryKills: (events) => {
      const count = /^oom_kill (\d+)$/m.exec(line(events) ?? "")?.[1];
      return count === undefined ? undefined : Number(count);
    },
    bootId: () => line("/proc/sys/kernel/random/boot_id"),
    machineId: () => line("/etc/machine-id"),
    initName: () => line("/proc/1/comm"),
  };
}

/** The 22nd field of the process's status: ticks since boot. The name, in brackets, may hold anything. */
function linuxStart(pid: number): string | undefined {
  const status = line(`/proc/${String(pid)}/stat`);
  return status?.slice(status.lastIndexOf(")") + 2).split(" ")[19];
}

/** Control groups of the second kind have one path for all; of the first, one for memory. */
function memoryEvents(): string | undefined {
  const groups = (line("/proc/self/cgroup") ?? "").split("\n").map((each) => each.split(":"));
  const unified = groups.find(([id]) => id === "0")?.[2];
  const memory = groups.find(([, kinds]) => kinds?.split(",").includes("memory"))?.[2];
  const candidates = [
    // In a container the group is the root of what is seen.
    `/sys/fs/cgroup${unified ?? ""}/memory.events`,
    "/sys/fs/cgroup/memory.events",
    `/sys/fs/cgroup/memory${memory ?? ""}/memory.oom_control`,
    "/sys/fs/cgroup/memory/memory.oom_control",
  ];
  return candidates.find((path) => existsSync(path));
}

function portableStart(pid: number): string | undefined {
  if (process.platform === "win32") return undefined;
  try {
    const answer = execFileSync("ps", ["-o", "lstart=", "-p", String(pid)], {
      encoding: "utf8",
      stdio: ["ignore", "pipe", "ignore"],
    });
    return answer.trim() || undefined;
  } catch {
    return undefined;
  }
}

function line(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8").trim() || undefined;
  } catch {
    return undefined;
  }
}
