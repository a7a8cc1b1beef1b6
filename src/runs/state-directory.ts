import { isAbsolute, join, resolve } from "node:path";
import type { Files } from "../host/files.ts";
import type { BadEntry } from "../host/guarded-files.ts";
import type { Environment } from "../host/host.ts";
import { diskTrouble } from "../model/disk-trouble.ts";
import { userError } from "../model/error.ts";

/** What the place of the state directory depends on. */
export interface StateDirectoryOptions {
  readonly environment: Environment;
  readonly files: Files;
  /** The config's `stateDir`; relative to the config's own directory. */
  readonly configured?: { readonly path: string; readonly relativeTo: string };
  /** Called once for each entry that cannot be used, from now on. */
  readonly onBadEntry?: (entry: BadEntry) => void;
}

/** Where a state directory was found, for messages. */
type Origin = "FLOWCTL_STATE_DIR" | "stateDir of the config" | "the user's state directory";

/**
 * Finds the state directory and makes it, for its owner only: `FLOWCTL_STATE_DIR`, else
 * the config's, else the user's.
 *
 * @throws UserError "usage" where it belongs to another user, others may write to it, or it cannot be written to
 */
export function openStateDirectory(options: StateDirectoryOptions): string {
  const { path, origin } = locateStateDirectory(options);
  const { files } = options;
  refuseForeign(path, origin, options);
  // Nothing is moved in somebody else's directory.
  files.guard?.(path, options.onBadEntry ?? (() => undefined));
  try {
    for (const each of ["runs", "live", "locks"]) files.makeDirectory(join(path, each));
  } catch (error) {
    throw unusable(path, origin, `cannot be made: ${diskTrouble(error)}`, error);
  }
  refuseForeign(path, origin, options);
  const probe = join(path, ".writable");
  try {
    // A directory in its place keeps everybody from writing, also root; what else is there is set aside.
    if (files.stat(probe, false)?.kind === "directory") throw new Error(`${probe} is a directory`);
    openProbe(probe, files);
  } catch (error) {
    throw unusable(path, origin, `cannot be written to: ${diskTrouble(error)}`, error);
  }
  return path;
}

/** Opens the file for writing; one whose mode forbids it is made anew if the directory can be written to. */
function openProbe(path: string, files: Files): void {
  try {
    files.append(path).close();
  } catch {
    files.remove(path);
    files.append(path).close();
  }
}

/** Where the state directory is, whether or not it exists. */
export function locateStateDirectory(options: StateDirectoryOptions): {
  readonly path: string;
  readonly origin: Origin;
} {
  const { environment, configured } = options;
  const own = environment.variables["FLOWCTL_STATE_DIR"];
  if (own !== undefined && own !== "") return { path: resolve(environment.cwd, own), origin: "FLOWCTL_STATE_DIR" };
  if (configured !== undefined)
    return { path: resolve(configured.relativeTo, configured.path), origin: "stateDir of the config" };
  return { path: join(userStateHome(environment), "flowctl"), origin: "the user's state directory" };
}

function userStateHome(environment: Environment): string {
  const { variables, platform, home } = environment;
  const xdg = variables["XDG_STATE_HOME"];
  // The standard says that a relative path is to be ignored.
  if (xdg !== undefined && isAbsolute(xdg)) return xdg;
  const local = variables["LOCALAPPDATA"];
  if (platform === "win32" && local !== undefined && local !== "") return local;
  return join(home, ".local", "state");
}

/** State holds addresses and logs, and says which programs are started: nobody else may put things in it. */
function refuseForeign(path: string, origin: Origin, { files, environment }: StateDirectoryOptions): void {
  const stat = look(path, origin, files);
  if (stat === undefined) return;
  if (stat.kind !== "directory") throw unusable(path, origin, "is not a directory");
  if (environment.uid === undefined) return;
  if (stat.uid !== environment.uid) throw unusable(path, origin, `belongs to another user (uid ${String(stat.uid)})`);
  if ((stat.mode & 0o022) !== 0)
    throw unusable(path, origin, "may be written to by others", undefined, `chmod 700 ${path}`);
}

function look(path: string, origin: Origin, files: Files) {
  try {
    return files.stat(path);
  } catch (error) {
    throw unusable(path, origin, `cannot be used: ${diskTrouble(error)}`, error);
  }
}

function unusable(path: string, origin: Origin, what: string, cause?: unknown, help?: string) {
  return userError("usage", "STATE_DIR", `The state directory ${path} (${origin}) ${what}.`, {
    help: help ?? "Choose another: FLOWCTL_STATE_DIR=/path/of/yours flowctl …",
    ...(cause === undefined ? {} : { cause }),
  });
}
