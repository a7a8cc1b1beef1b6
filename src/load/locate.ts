import { accessSync, constants, readdirSync, realpathSync, statSync } from "node:fs";
import { basename, dirname, extname, resolve } from "node:path";
import { userError } from "../model/error.ts";
import { nearest } from "./load-error.ts";

const MODULES = [".ts", ".mts", ".cts", ".tsx", ".js", ".mjs", ".cjs", ".jsx"];

/**
 * The real path of a module that a person names.
 *
 * @throws UserError where it is absent, a directory, or of a kind that is not loaded
 */
export function locate(path: string): string {
  const file = present(path);
  if (!MODULES.includes(extname(file))) {
    throw userError("usage", "LOAD_EXTENSION", `${path} is not a module that can be loaded`, {
      file,
      help: `a flow is a ${MODULES.join(" ")} module, or a .yaml .yml spec`,
    });
  }
  return realpathSync(file);
}

/**
 * The absolute path of a flow's file, module or spec, that a person names.
 *
 * @throws UserError where it is absent, a directory, or a module that is not a regular file
 */
export function present(path: string): string {
  const file = resolve(path);
  try {
    accessSync(file, constants.R_OK);
  } catch (error) {
    const code = error instanceof Error && "code" in error ? error.code : undefined;
    if (code === "EACCES")
      throw userError("usage", "LOAD_UNREADABLE", `${path} may not be read`, { file, help: `chmod +r ${path}` });
    throw userError("usage", "LOAD_NO_FILE", `there is no file ${path}`, { file, ...meant(file) });
  }
  const stat = statSync(file);
  // A spec may come from a pipe; a module is read by others, who would wait for a pipe that nobody writes to.
  if (!stat.isFile() && !stat.isDirectory() && !/\.ya?ml$/.test(file))
    throw userError("usage", "LOAD_UNREADABLE", `${path} is not a regular file`, { file });
  if (stat.isDirectory()) {
    const [first] = flowsBeside(`${file}/x`);
    throw userError("usage", "LOAD_DIRECTORY", `${path} is a directory`, {
      file,
      help: first === undefined ? "name a file" : `name a file in it, for example ${first}`,
    });
  }
  return file;
}

/** The file that may have been meant: one of nearly that name, or of that name with an ending. */
function meant(file: string): { readonly help?: string } {
  const name = basename(file);
  const flows = flowsBeside(file);
  const near = flows.find((each) => each.startsWith(`${name}.`)) ?? nearest(name, flows);
  if (near !== undefined) return { help: `did you mean ${near}?` };
  const [first] = flows;
  return first === undefined ? {} : { help: `name a file that exists, for example ${first}` };
}

function flowsBeside(file: string): readonly string[] {
  return siblings(file).filter(
    (each) => [...MODULES, ".yaml", ".yml"].includes(extname(each)) && !/\.config\.\w+$/.test(each),
  );
}

function siblings(file: string): string[] {
  try {
    return readdirSync(dirname(file));
  } catch {
    return [];
  }
}
