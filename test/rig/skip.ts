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
