import { join } from "node:path";
import type { Clock } from "../host/clock.ts";
import type { Files } from "../host/files.ts";
import type { Locks } from "../host/lock.ts";
import { userError } from "../model/error.ts";

/** What changing a file of secrets takes. */
export interface WritePorts {
  readonly files: Files;
  /** For the time of a change, and to wait for another program that makes one. */
  readonly clock: Pick<Clock, "now" | "setTimeout">;
  readonly locks: Locks;
  /** Where the lock is: not beside the file, which may be in a repository. */
  readonly stateDirectory: string;
}

const RETRY_MS = 25;
const GIVE_UP_MS = 10_000;

/**
 * Reads, changes and writes a file of secrets as one: others of this user that do the same wait. A holder
 * that dies gives the lock back, however it dies.
 *
 * @throws UserError "secret" where another holds the lock for ten seconds
 */
export async function withWriteLock<T>(
  { files, clock, locks, stateDirectory }: WritePorts,
  change: () => T | Promise<T>,
): Promise<T> {
  const directory = join(stateDirectory, "secrets");
  files.makeDirectory(directory);
  const path = join(directory, "write.lock");
  const begun = clock.now();
  let held = await locks.tryLock(path);
  while (held === undefined) {
    if (clock.now() - begun > GIVE_UP_MS)
      throw userError("secret", "SECRET_FILE_BUSY", "another flowctl is changing secrets and does not come to an end", {
        help: `try again; the program that holds ${path} can be found with: fuser ${path}`,
      });
    await new Promise<void>((resolve) => clock.setTimeout(resolve, RETRY_MS));
    held = await locks.tryLock(path);
  }
  try {
    return await change();
  } finally {
    held.release();
  }
}
