import type { Clock } from "../host/clock.ts";
import type { Files } from "../host/files.ts";
import { userError } from "../model/error.ts";

export type LockClock = Pick<Clock, "now" | "setTimeout">;

/** A holder works for milliseconds; one that is older than this has died. */
const ABANDONED = 20_000;
const RETRY = 25;
const GIVE_UP = 10_000;

/**
 * Reads, changes and writes a file as one: others that do the same wait.
 * @throws UserError "secret" where another holds the lock for ten seconds
 */
export async function withFileLock<T>(
  path: string,
  { files, clock }: { readonly files: Files; readonly clock: LockClock },
  change: () => T | Promise<T>,
): Promise<T> {
  const lock = `${path}.lock`;
  const begun = clock.now();
  while (!files.create(lock, "")) {
    const held = files.stat(lock);
    if (held !== undefined && clock.now() - held.modifiedMs > ABANDONED) files.remove(lock);
    else if (clock.now() - begun > GIVE_UP) {
      throw userError("secret", "SECRET_FILE_BUSY", `another program is changing ${path}`, {
        help: `try again; if none is, remove ${lock}`,
      });
    } else await new Promise<void>((resolve) => clock.setTimeout(resolve, RETRY));
  }
  try {
    return await change();
  } finally {
    files.remove(lock);
  }
}
