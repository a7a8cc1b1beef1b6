import { basename, extname, join } from "node:path";
import type { Files } from "../host/files.ts";

/** How much of a project is looked at. */
const MOST_FILES = 2000;
const DEEPEST = 8;
const LARGEST = 1024 * 1024;
const SKIPPED = /^(?:\.|node_modules$|dist$|build$|coverage$|vendor$)/;

/**
 * The names of the flows below a directory, as far as their files' text tells
 * them: nothing is loaded.
 *
 * @returns `undefined` where a name is made by code, or there is too much to look at
 */
export function knownFlows(root: string, files: Files): readonly string[] | undefined {
  const names: string[] = [];
  const waiting: { readonly path: string; readonly depth: number }[] = [{ path: root, depth: 0 }];
  let seen = 0;
  for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
    for (const name of files.list(next.path)) {
      if (SKIPPED.test(name)) continue;
      if ((seen += 1) > MOST_FILES) return undefined;
      const path = join(next.path, name);
      const stat = files.stat(path, false);
      if (stat?.kind === "directory" && next.depth < DEEPEST) waiting.push({ path, depth: next.depth + 1 });
      if (stat?.kind !== "file" || stat.size > LARGEST || !/\.(?:ya?ml|[cm]?[jt]s)$/i.test(name)) continue;
      const found = namesIn(path, files.read(path) ?? "");
      if (found === undefined) return undefined;
      names.push(...found);
    }
  }
  return names;
}

function namesIn(path: string, text: string): readonly string[] | undefined {
  const stem = basename(path, extname(path));
  if (/\.ya?ml$/i.test(path)) {
    if (!/^tasks:/m.test(text)) return [];
    const name = /^flow:[ \t]*(?:"([^"]*)"|'([^']*)'|([^\s#][^#\n]*?))[ \t]*(?:#.*)?$/m.exec(text);
    return [name?.[1] ?? name?.[2] ?? name?.[3] ?? stem];
  }
  if (!/["']flowctl["']/.test(text)) return [];
  const made = [...text.matchAll(/\b(?:flow|new\s+Flow)\s*\(\s*(?:"([^"]*)"|'([^']*)'|`([^`$]*)`)?/g)];
  const found = made.map(([, double, single, back]) => double ?? single ?? back);
  return found.includes(undefined) ? undefined : (found as string[]);
}
