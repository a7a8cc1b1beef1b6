import { homedir, hostname, userInfo } from "node:os";
import { systemClock } from "./clock.ts";
import { systemFiles } from "./files.ts";
import { guardedFiles } from "./guarded-files.ts";
import type { Environment, Host } from "./host.ts";
import { systemInput, type Input } from "./input.ts";
import { systemTerminal, type SystemTerminal } from "./terminal.ts";

/** The host of the running process. */
export interface SystemHost extends Host {
  readonly terminal: SystemTerminal;
  readonly input: Input;
}

/**
 * Builds the real host. What is not always needed is read when it is asked for.
 *
 * @param isPrivate which variables are taken out of `process.env`: every process that a flow's code starts by
 *   itself would inherit them
 */
export function systemHost(isPrivate: (variable: string) => boolean): SystemHost {
  return {
    clock: systemClock(),
    random: () => Math.random(),
    files: guardedFiles(systemFiles()),
    environment: systemEnvironment(isPrivate),
    terminal: systemTerminal(),
    input: systemInput(),
  };
}

/** What is kept private is still seen by whoever is handed the environment. */
function systemEnvironment(isPrivate: (variable: string) => boolean): Environment {
  let user: string | undefined;
  giveHome();
  const taken: Record<string, string | undefined> = {};
  for (const name of Object.keys(process.env)) {
    if (!isPrivate(name)) continue;
    taken[name] = process.env[name];
    // eslint-disable-next-line @typescript-eslint/no-dynamic-delete -- undefined would become the text "undefined"
    delete process.env[name];
  }
  const hasTaken = Object.keys(taken).length > 0;
  return {
    get variables() {
      return hasTaken ? { ...process.env, ...taken } : process.env;
    },
    get cwd() {
      return process.cwd();
    },
    platform: process.platform,
    get home() {
      // An unset HOME is cron's and CI's doing; the user database knows better.
      return process.env["HOME"] ?? homedir();
    },
    get user() {
      return (user ??= userName());
    },
    get hostname() {
      return hostname();
    },
    pid: process.pid,
    uid: process.getuid?.(),
    execPath: process.execPath,
    script: process.argv[1] ?? "",
  };
}

/**
 * A uid that no user has, without HOME, has no home, and libraries break on the question. It gets the one that
 * containers give it: what cannot be written there is said, with how to choose another place.
 */
function giveHome(): void {
  if (process.env["HOME"] !== undefined || process.platform === "win32") return;
  try {
    homedir();
  } catch {
    process.env["HOME"] = "/";
  }
}

function userName(): string {
  try {
    return userInfo().username;
  } catch {
    // A container may run a uid that no user has.
    return `uid ${String(process.getuid?.() ?? 0)}`;
  }
}
