import { createHash } from "node:crypto";
import { dirname, join } from "node:path";
import type { Files } from "../host/files.ts";

/** Whose runs these are: what `runs list` shows, `last` means and a lock covers. */
export interface Project {
  /** The config's `project`, or the real path of the repository's root. */
  readonly name: string;
  /** Stands for it in names of files. */
  readonly hash: string;
}

/**
 * The project of a directory: the declared one, else the root of the repository or
 * workspace it is in, else the directory itself. Symbolic links are followed.
 */
export function projectOf(options: {
  readonly declared?: string | undefined;
  readonly directory: string;
  readonly files: Files;
}): Project {
  const { declared, directory, files } = options;
  return named(declared ?? rootOf(files.realPath(directory) ?? directory, files));
}

function named(name: string): Project {
  return { name, hash: shortHash(name) };
}

/** Twenty letters that stand for a text in names of files. */
export function shortHash(text: string): string {
  return createHash("sha256").update(text).digest("hex").slice(0, 20);
}

function rootOf(start: string, files: Files): string {
  let workspace: string | undefined;
  for (let at = start; ; at = dirname(at)) {
    if (files.stat(join(at, ".git")) !== undefined) return at;
    if (isWorkspace(at, files)) workspace = at;
    if (dirname(at) === at) return workspace ?? start;
  }
}

function isWorkspace(directory: string, files: Files): boolean {
  if (files.stat(join(directory, "pnpm-workspace.yaml")) !== undefined) return true;
  const text = files.read(join(directory, "package.json"));
  return text?.includes('"workspaces"') ?? false;
}
