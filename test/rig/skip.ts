import { spawnSync } from "node:child_process";
import { BIN } from "./cli.ts";

/** Prints why tests are left out, so that a green run does not hide it. @returns whether they are */
export function skipReason(what: string, reason: string | undefined): boolean {
  if (reason !== undefined) process.stderr.write(`skipped: ${what}: ${reason}\n`);
  return reason !== undefined;
}

const { platform } = process;

/** For tests that look into `/proc`, mount, or need a terminal of `script`'s. */
export const offLinux = skipReason("what needs Linux", platform === "linux" ? undefined : `this is ${platform}`);
/** For tests of signals, process groups and modes of files. */
export const onWindows = skipReason("what needs POSIX", platform === "win32" ? "this is Windows" : undefined);

/** For tests of files that root can read, whatever their mode. @returns whether the user cannot run the CLI */
export function cannotStartAs(uid: number | undefined): boolean {
  if (uid === undefined) return false;
  const { status } = spawnSync(process.execPath, [BIN, "--version"], { uid, gid: uid });
  return skipReason("unreadable files", status === 0 ? undefined : `the user ${String(uid)} cannot run ${BIN}`);
}
