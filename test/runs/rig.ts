import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Clock } from "../../src/host/clock.ts";
import { systemFiles } from "../../src/host/files.ts";
import type { Environment } from "../../src/host/host.ts";
import { systemLocks } from "../../src/host/lock.ts";
import type { RunEvent } from "../../src/model/event.ts";
import { state, type State, type StateType } from "../../src/model/state.ts";
import { projectOf } from "../../src/runs/project.ts";
import { openRunStore, type RunDraft, type RunStore } from "../../src/runs/run-store.ts";
import { openStateDirectory } from "../../src/runs/state-directory.ts";

/** A clock that is moved by hand; its timers fire at once. */
export interface HandClock extends Clock {
  at: number;
}

export const START = Date.UTC(2026, 10, 24, 2, 15);

export function handClock(): HandClock {
  return {
    at: START,
    now() {
      return this.at;
    },
    monotonic() {
      return this.at;
    },
    setTimeout(callback, ms) {
      this.at += ms;
      return setImmediate(callback);
    },
    clearTimeout(timer) {
      clearImmediate(timer as NodeJS.Immediate);
    },
  };
}

export interface StoreRig extends Disposable {
  readonly clock: HandClock;
  readonly root: string;
  readonly state: string;
  readonly files: ReturnType<typeof systemFiles>;
  readonly store: RunStore;
  open(project?: string): RunStore;
}

/** A state directory of its own with a store on it: `using rig = storeRig()`. */
export function storeRig(): StoreRig {
  const root = mkdtempSync(join(tmpdir(), "flowctl-runs-"));
  const files = systemFiles();
  const clock = handClock();
  const directory = openStateDirectory({ environment: environment(root), files });
  const open = (project = "shop"): RunStore =>
    openRunStore({
      files,
      clock,
      random: Math.random,
      locks: systemLocks(),
      directory,
      project: projectOf({ declared: project, directory: root, files }),
    });
  return {
    clock,
    root,
    state: directory,
    files,
    store: open(),
    open,
    [Symbol.dispose]() {
      rmSync(root, { recursive: true, force: true });
    },
  };
}

export function environment(home: string, variables: Environment["variables"] = {}): Environment {
  return {
    variables: { FLOWCTL_STATE_DIR: join(home, "state"), ...variables },
    cwd: home,
    platform: process.platform,
    home,
    user: "ada",
    hostname: "host1",
    pid: process.pid,
    uid: process.getuid?.(),
    execPath: process.execPath,
  };
}

export function draft(more: Partial<RunDraft> = {}): RunDraft {
  return {
    flow: "etl",
    tags: [],
    host: "host1",
    user: "ada",
    pid: process.pid,
    startedBy: "terminal",
    cwd: "/",
    hooks: [],
    channels: {},
    ...more,
  };
}

export const same = (text: string): string => text;

let seq = 0;

/** One transition of a task, as the engine announces it. */
export function taskEvent(
  task: string,
  to: State | StateType,
  more: Partial<RunEvent & { readonly type: "task-state" }> = {},
): RunEvent & { readonly type: "task-state" } {
  return {
    seq: (seq += 1),
    runId: "r1",
    at: START,
    type: "task-state",
    task,
    kind: "task",
    attempt: 1,
    from: state("Pending"),
    to: typeof to === "string" ? state(to as "Success") : to,
    ...more,
  };
}

export const success = { counts: { ok: 1, failed: 0, skipped: 0, cancelled: 0 }, failures: [] } as const;
