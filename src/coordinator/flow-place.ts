import { basename, dirname, extname, resolve } from "node:path";
import type { CommandContext } from "./context.ts";

/** Where a flow's file is. */
export interface FlowPlace {
  /** As the person named it, made absolute. */
  readonly file: string;
  /** The directory of the file itself, symbolic links followed: where config and project are looked for. */
  readonly directory: string;
  /** What the run is called until the flow's name is known. */
  readonly stem: string;
}

/** @param path as the person wrote it */
export function flowPlace(path: string, { host, globals }: CommandContext): FlowPlace {
  const file = resolve(globals.cwd, path);
  const real = host.files.realPath(file) ?? file;
  return { file, directory: dirname(real), stem: basename(file, extname(file)) };
}

/** Whether a file is a spec, by its name; everything else is a module. */
export function isSpec(file: string): boolean {
  return /\.ya?ml$/i.test(file);
}
