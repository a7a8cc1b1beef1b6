import { importOwn } from "./evaluate.ts";
import { importForeign } from "./library.ts";
import { loadFailure, missingModule } from "./load-error.ts";
import { locate } from "./locate.ts";
import { resolve } from "./resolve.ts";
import { isMapped } from "./stacks.ts";

/** Authoring reads it: while something loads, a `flow.run()` at its top level is not obeyed. */
const LOADING = Symbol.for("flowctl.loading");

/** What is at `globalThis[Symbol.for("flowctl.loading")]` while modules are loading. */
export interface Loading {
  /** Loads that are under way. */
  readonly depth: number;
  /** Tells the person of something that was ignored. */
  readonly warn: (message: string) => void;
}

/**
 * Imports a module of the person's: TypeScript or JavaScript, ESM or CommonJS,
 * with all that it imports. A second import gives the same instance.
 *
 * @param path as the person wrote it, from the process's directory, or absolute
 * @param options.warn hears of what is ignored while loading @default nothing does
 * @throws UserError of kind "usage" for whatever is wrong, with file, line and column
 */
export async function importModule(
  path: string,
  options: { readonly warn?: (message: string) => void } = {},
): Promise<Record<string, unknown>> {
  const file = locate(path);
  const world = globalThis as { [LOADING]?: Loading | undefined };
  const before = world[LOADING];
  world[LOADING] = { depth: (before?.depth ?? 0) + 1, warn: options.warn ?? before?.warn ?? (() => undefined) };
  try {
    return await importOwn(file);
  } catch (error) {
    throw loadFailure(error, file, isMapped);
  } finally {
    world[LOADING] = before;
  }
}

/**
 * Imports a package by its name, as a file of the person's would.
 *
 * @param from the file that names it, absolute
 * @throws UserError of kind "usage" where it is not installed or does not load
 */
export async function importPackage(name: string, from: string): Promise<Record<string, unknown>> {
  const target = resolve(name, from, "import");
  switch (target.kind) {
    case "own":
      return importModule(target.file);
    case "foreign":
      return importForeign(target.url);
    case "json":
    case "helper":
    case "missing":
      throw missingModule(name, { file: from, source: "" }, "import");
  }
}
