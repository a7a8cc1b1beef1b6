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
 * The project of a directory: the declared one, else the root of the repository or workspace it is in. Outside of
 * any, as where a project was copied to a server, it is the nearest directory with a package.json, else that of the
 * config, else the directory itself. Symbolic links are followed.
 */
export function projectOf(options: {
  readonly declared?: string | undefined;
  readonly directory: string;
  /** The config that holds there. */
  readonly config?: string | undefined;
  readonly files: Files;
}): Project {
  const { declared, directory, config, files } = options;
  return projectNamed(declared ?? rootOf(files.realPath(directory) ?? directory, config, files));
}

/** The project of this name. */
export function projectNamed(name: string): Project {
  return { name, hash: shortHash(name) };
}

/**
 * Twenty letters that stand for a text in names of files. Names only have to
 * differ: loading a cryptographic hash would take longer than a small run.
 */
export function shortHash(text: string): string {
  const lanes = SEEDS.map((seed) => {
    let lane = seed;
    for (let at = 0; at < text.length; at += 1) {
      lane = Math.imul(lane ^ text.charCodeAt(at), 0x01000193);
      lane ^= lane >>> 13;
    }
    // Every letter of the text must reach every bit.
    lane = Math.imul(lane ^ (lane >>> 16), 0x85ebca6b);
    lane = Math.imul(lane ^ (lane >>> 13), 0xc2b2ae35);
    return ((lane ^ (lane >>> 16)) >>> 0).toString(16).padStart(8, "0");
  });
  return lanes.join("").slice(0, 20);
}

const SEEDS: readonly number[] = [0x811c9dc5, 0x9e3779b9, 0x7f4a7c15];

function rootOf(start: string, config: string | undefined, files: Files): string {
  const above: string[] = [];
  let workspace: string | undefined;
  for (let at = start; at !== above.at(-1); at = dirname(at)) {
    above.push(at);
    if (files.stat(join(at, ".git")) !== undefined) return at;
    if (isWorkspace(at, files)) workspace = at;
  }
  return (
    workspace ??
    above.find((each) => files.stat(join(each, "package.json")) !== undefined) ??
    above.find((each) => config !== undefined && each === dirname(config)) ??
    start
  );
}

/**
 * The directories of programs that packages have installed (`node_modules/.bin`) for a directory, nearest first, up to
 * the root of its repository or workspace.
 */
export function binDirectories(directory: string, files: Files): readonly string[] {
  const start = files.realPath(directory) ?? directory;
  const root = rootOf(start, undefined, files);
  const found: string[] = [];
  for (let at = start; ; at = dirname(at)) {
    const bin = join(at, "node_modules", ".bin");
    if (files.stat(bin)?.kind === "directory") found.push(bin);
    if (at === root || at === dirname(at)) return found;
  }
}

function isWorkspace(directory: string, files: Files): boolean {
  if (files.stat(join(directory, "pnpm-workspace.yaml")) !== undefined) return true;
  const text = files.read(join(directory, "package.json"));
  return text?.includes('"workspaces"') ?? false;
}
