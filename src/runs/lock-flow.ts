import { join } from "node:path";
import type { HeldLock } from "../host/lock.ts";
import { readable } from "../model/disk-trouble.ts";
import { shortHash } from "./project.ts";
import { readRun } from "./run-record.ts";
import type { RunStoreOptions } from "./run-store.ts";

/** Whether this run may go on, or which run of the same flow goes on already. */
export type FlowLock = { readonly held: HeldLock } | { readonly by: string | undefined };

/** The file that a run of a flow holds locked while it is the only one. */
export function flowLockPath(directory: string, project: string, flow: string): string {
  return join(directory, "locks", `flow-${shortHash(`${project}\0${flow}`)}`);
}

/**
 * Takes the flow's lock for a run that wants to be the only one. Between those that want it the lock decides; the
 * others are looked for.
 * @throws what the disk says where the lock cannot be taken: whether another run goes on is not known then
 */
export async function lockFlow(options: RunStoreOptions, flow: string, runId: string): Promise<FlowLock> {
  const { files, directory, locks, project } = options;
  const path = flowLockPath(directory, project.name, flow);
  const held = await locks.tryLock(path).catch(() => {
    // A bad entry in its place is set aside where it is opened so.
    files.append(path).close();
    return locks.tryLock(path);
  });
  if (held === undefined) return { by: readable(() => files.read(`${path}.run`), undefined)?.trim() };
  const other = await another(options, flow, runId);
  if (other !== undefined) {
    held.release();
    return { by: other };
  }
  try {
    files.replace(`${path}.run`, runId, "quick");
  } catch {
    // It only tells others which run it is.
  }
  return { held };
}

/** A run of the flow that goes on and did not ask to be the only one. */
async function another(options: RunStoreOptions, flow: string, runId: string): Promise<string | undefined> {
  const { files, directory, locks, project } = options;
  for (const id of readable(() => files.list(join(directory, "live")), [])) {
    const will = id === runId ? undefined : readRun(options, id)?.will;
    if (will?.flow !== flow || will.project !== project.name || will.parent !== undefined || will.isAlone === true)
      continue;
    const path = join(directory, "runs", id, "lock");
    // Whether a run holds a lock that cannot be opened is not known: no other run is kept from running for it.
    const lock = await locks.tryLock(path, { create: false }).catch(() => "unknown" as const);
    if (lock === "unknown") continue;
    if (lock === undefined) return id;
    // It is dead, or has ended.
    lock.release();
  }
  return undefined;
}
