import { readdirSync, realpathSync, statSync } from "node:fs";
import { basename, dirname, extname, resolve } from "node:path";
import { userError } from "../model/error.ts";
import { nearest } from "./load-error.ts";

const MODULES = [".ts", ".mts", ".cts", ".js", ".mjs", ".cjs"];

/**
 * The real path of a module that a person names.
 *
 * @throws UserError where it is absent, a directory, or of a kind that is not loaded
 */
export function locate(path: string): string {
  const file = resolve(path);
  const stat = statSync(file, { throwIfNoEntry: false });
  if (stat === undefined) {
    const meant = nearest(basename(file), siblings(file));
    throw userError("usage", "LOAD_NO_FILE", `there is no file ${path}`, {
      file,
      ...(meant !== undefined && { help: `did you mean ${meant}?` }),
    });
  }
  if (stat.isDirectory()) {
    const modules = siblings(`${file}/x`).filter((each) => MODULES.includes(extname(each)));
    throw userError("usage", "LOAD_DIRECTORY", `${path} is a directory`, {
      file,
      help: modules.length > 0 ? `name a file in it, for example ${modules[0] ?? ""}` : "name a file",
    });
  }
  if (!MODULES.includes(extname(file))) {
    throw userError("usage", "LOAD_EXTENSION", `${path} is not a module that can be loaded`, {
      file,
      help: `a flow is a ${MODULES.join(" ")} module, or a .yaml .yml spec`,
    });
  }
  return realpathSync(file);
}

function siblings(file: string): string[] {
  try {
    return readdirSync(dirname(file));
  } catch {
    return [];
  }
}
