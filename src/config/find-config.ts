import { realpathSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import { userError } from "../model/error.ts";
import type { Files } from "../host/files.ts";
import type { Environment } from "../host/host.ts";

/** The names a config has in a project, one of which may stand in a directory. */
const CONFIG_NAMES: readonly string[] = [
  ...["ts", "mts", "js", "mjs", "cjs", "json", "yaml", "yml"].map((type) => `flowctl.config.${type}`),
  ".flowctlrc",
  ...["json", "yaml", "yml"].map((type) => `.flowctlrc.${type}`),
];

/** Whether a file has the name of a config, and so is no flow. */
export function isConfig(file: string): boolean {
  return CONFIG_NAMES.includes(basename(file));
}

/** In the user's config directory the short name serves as well. */
const USER_NAMES = [...CONFIG_NAMES, ...["ts", "js", "json", "yaml", "yml"].map((type) => `config.${type}`)];

export interface Search {
  /** The nearest config. */
  readonly file: string | undefined;
  /** Directories that were looked at, nearest first. */
  readonly searched: readonly string[];
  /** The repository's root; the directory itself outside of any. */
  readonly root: string;
}

/**
 * Looks for the nearest config: from a directory, through symbolic links, up to
 * the repository's root (`.git`, or where a workspace begins), then in the
 * user's config directory (design decision 13). It only lists directories, and
 * loads nothing.
 *
 * Outside of any repository it goes up while the directories belong to the same
 * owner and nobody else may write in them: a config is code.
 *
 * @throws UserError CONFIG_AMBIGUOUS where one directory holds two
 */
export function findConfig(from: string, files: Files, environment: Environment): Search {
  const start = real(resolve(environment.cwd, from));
  const { directories, root } = territory(start, files);
  const user = join(userConfigHome(environment), "flowctl");
  const searched = [...directories, user];
  for (const directory of searched) {
    const file = configIn(directory, files, directory === user ? USER_NAMES : CONFIG_NAMES);
    if (file !== undefined) return { file, searched: searched.slice(0, searched.indexOf(directory) + 1), root };
  }
  return { file: undefined, searched, root };
}

function real(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return path; // it may be about to be made
  }
}

function userConfigHome(environment: Environment): string {
  const given = environment.variables["XDG_CONFIG_HOME"];
  if (given?.startsWith("/") === true) return given;
  const roaming = environment.variables["APPDATA"];
  if (environment.platform === "win32" && roaming !== undefined) return roaming;
  return join(environment.home, ".config");
}

function territory(start: string, files: Files): { directories: readonly string[]; root: string } {
  const above: string[] = [];
  for (let at = start; at !== above.at(-1); at = dirname(at)) {
    above.push(at);
    if (isRoot(at, files)) return { directories: above, root: at };
  }
  const owner = files.stat(start)?.uid;
  const strange = above.findIndex((directory, index) => {
    const stat = files.stat(directory);
    return index > 0 && (stat === undefined || stat.uid !== owner || (stat.mode & 0o002) !== 0);
  });
  return { directories: strange === -1 ? above : above.slice(0, strange), root: start };
}

function isRoot(directory: string, files: Files): boolean {
  // Asked by name: a directory far up may hold very many.
  const has = (name: string): boolean => files.stat(join(directory, name)) !== undefined;
  return has(".git") || has("pnpm-workspace.yaml") || packageOf(directory, files)?.["workspaces"] !== undefined;
}

function packageOf(directory: string, files: Files): Readonly<Record<string, unknown>> | undefined {
  const text = files.read(join(directory, "package.json"));
  // Most packages have neither key, and need no parsing.
  if (text === undefined || !/"(workspaces|flowctl)"/.test(text)) return undefined;
  try {
    return JSON.parse(text) as Record<string, unknown>;
  } catch {
    return undefined;
  }
}

function configIn(directory: string, files: Files, candidates: readonly string[]): string | undefined {
  const names = files.list(directory);
  const found = candidates.filter((name) => names.includes(name));
  const inPackage = names.includes("package.json") && packageOf(directory, files)?.["flowctl"] !== undefined;
  if (typeof packageOf(directory, files)?.["flowctl"] === "object" && inPackage) found.push("package.json");
  if (found.length > 1)
    throw userError(
      "usage",
      "CONFIG_AMBIGUOUS",
      `there are ${String(found.length)} configs in ${directory}: ${found.join(", ")}`,
      {
        help: "keep one of them, or name it with --config FILE",
      },
    );
  return found[0] === undefined ? undefined : join(directory, found[0]);
}
