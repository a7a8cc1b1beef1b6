import { execFileSync, spawnSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import process, { hrtime, kill, platform } from "node:process";
import type { StopPolicy } from "../model/stop-policy.ts";

/** A process of a group, with the name of its program. */
export interface GroupMember {
  readonly pid: number;
  readonly name: string;
}

/**
 * How a process group ended: it was gone before, it ended after the first signal, it was killed after the grace, or
 * the system does not end it (it waits for a device, or belongs to another user).
 */
export type GroupEnd =
  | { readonly how: "gone" | "stopped" }
  | { readonly how: "killed"; readonly members: readonly GroupMember[] }
  | { readonly how: "unkillable"; readonly members: readonly GroupMember[] };

const POLL_MS = 10;
/** Zombies count as members for `kill`: the table of processes is read, too, but less often. */
const POLLS_PER_SCAN = 32;
/** A killed process is gone within milliseconds, unless the system holds it back. */
const KILL_LIMIT_MS = 1500;

/**
 * Ends a process group, and returns when no process of it runs any more. Costs one system call if it is gone already.
 * A stopped process (SIGSTOP) is continued, so that it gets the signal.
 */
export async function endGroup(pid: number, { stopSignal, graceMs }: StopPolicy): Promise<GroupEnd> {
  if (platform === "win32") {
    spawnSync("taskkill", ["/pid", String(pid), "/t", "/f"], { stdio: "ignore", windowsHide: true });
    return { how: "stopped" };
  }
  if (!signalGroup(pid, 0)) return { how: "gone" };
  signalGroup(pid, stopSignal);
  signalGroup(pid, "SIGCONT");
  if (await isGoneWithin(pid, graceMs)) return { how: "stopped" };
  const members = membersOf(pid);
  signalGroup(pid, "SIGKILL");
  if (await isGoneWithin(pid, KILL_LIMIT_MS)) return { how: "killed", members };
  return { how: "unkillable", members: membersOf(pid) };
}

const tracked = new Map<number, NodeJS.Signals>();

/**
 * Signals a process group if this process exits before the group has ended.
 * @returns ends that
 */
export function trackGroup(pid: number, signalAtExit: NodeJS.Signals): () => void {
  if (tracked.size === 0) listen();
  tracked.set(pid, signalAtExit);
  return () => {
    tracked.delete(pid);
  };
}

/** Kills all tracked process groups at once. */
export function killTrackedGroups(): void {
  for (const pid of tracked.keys()) signalGroup(pid, "SIGKILL");
  tracked.clear();
}

let isListening = false;

function listen(): void {
  if (isListening) return;
  isListening = true;
  process.once("exit", () => {
    for (const [pid, signal] of tracked) signalGroup(pid, signal);
  });
}

/** Sends a signal to a process group; 0 only looks. @returns false if there is no such group */
export function signalGroup(pid: number, signal: NodeJS.Signals | 0): boolean {
  try {
    kill(platform === "win32" ? pid : -pid, signal);
    return true;
  } catch (error) {
    const code = error instanceof Error && "code" in error ? error.code : undefined;
    // EPERM: on macOS only zombies are left; elsewhere the processes belong to another user.
    return code === "EPERM" && platform !== "darwin";
  }
}

/** The running processes of a group, zombies left out; empty where the system does not say. */
export function membersOf(pid: number): readonly GroupMember[] {
  return scan(pid) ?? [];
}

async function isGoneWithin(pid: number, ms: number): Promise<boolean> {
  const until = now() + ms;
  for (let poll = 0; ; poll += 1) {
    if (!signalGroup(pid, 0)) return true;
    const isOver = now() >= until;
    const isScan = isOver || poll % POLLS_PER_SCAN === 0 || (poll & (poll - 1)) === 0;
    if (isScan && poll > 0 && platform === "linux" && scan(pid)?.length === 0) return true;
    if (isOver) return false;
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
}

function now(): number {
  return Number(hrtime.bigint()) / 1e6;
}

/** @returns `undefined` if the table of processes cannot be read */
function scan(group: number): readonly GroupMember[] | undefined {
  try {
    return platform === "linux" ? scanProc(group) : scanPs(group);
  } catch {
    return undefined;
  }
}

function scanProc(group: number): readonly GroupMember[] {
  return readdirSync("/proc").flatMap((entry) => {
    if (!/^\d+$/.test(entry)) return [];
    const status = statusOf(entry);
    // The name, in brackets, may hold anything, also brackets.
    const open = status.indexOf("(");
    const close = status.lastIndexOf(")");
    const [state, , pgrp] = status.slice(close + 2).split(" ");
    if (Number(pgrp) !== group || state === "Z" || state === "X") return [];
    return [{ pid: Number(entry), name: status.slice(open + 1, close) }];
  });
}

function statusOf(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/stat`, "utf8");
  } catch {
    return "";
  }
}

function scanPs(group: number): readonly GroupMember[] {
  const table = execFileSync("ps", ["-A", "-o", "pid=,pgid=,stat=,ucomm="], {
    encoding: "utf8",
    stdio: ["ignore", "pipe", "ignore"],
  });
  return table.split("\n").flatMap((row) => {
    const [, pid, pgid, state = "", name = ""] = /^\s*(\d+)\s+(\d+)\s+(\S+)\s+(.*)$/.exec(row) ?? [];
    return Number(pgid) !== group || state.startsWith("Z") ? [] : [{ pid: Number(pid), name: name.trim() }];
  });
}
