import { readFileSync, realpathSync, statSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

/** Options of any command that are followed by a value, so that the value is not taken for a flow. */
const WORKING_DIRECTORY = /^(?:-C|--cwd)(?:=(.*))?$/;
const FLOW_FILE = /\.(?:[mc]?[jt]s|ya?ml)$/i;

/**
 * The flowctl that is installed where the flow is, when another one was called
 * (a global one): the flow's own version runs it, and there is one library.
 *
 * @param args the command line; its flow says where to look, else its `-C`, else `cwd`
 * @returns the URL of its executable, to import instead of going on; `undefined` to go on
 */
export function projectCopy(args: readonly string[], cwd: string): string | undefined {
  const self = realDirectory(ownRoot());
  for (let directory = startFrom(args, cwd); ; directory = dirname(directory)) {
    const root = join(directory, "node_modules", "flowctl");
    if (isFile(join(root, "package.json"))) {
      const real = realDirectory(root);
      return real === undefined || real === self ? undefined : executableOf(real);
    }
    if (directory === dirname(directory)) return undefined;
  }
}

function startFrom(args: readonly string[], cwd: string): string {
  const at = args.findIndex((arg) => WORKING_DIRECTORY.test(arg));
  const given = at === -1 ? undefined : (WORKING_DIRECTORY.exec(args[at] ?? "")?.[1] ?? args[at + 1]);
  const base = resolve(cwd, given ?? ".");
  const flow = args.slice(1).find((arg) => !arg.startsWith("-") && FLOW_FILE.test(arg) && isFile(resolve(base, arg)));
  if (flow === undefined) return base;
  return dirname(realpathSync(resolve(base, flow)));
}

function executableOf(root: string): string | undefined {
  try {
    const { bin } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as { bin?: { flowctl?: string } };
    const file = bin?.flowctl === undefined ? undefined : join(root, bin.flowctl);
    return file !== undefined && isFile(file) ? pathToFileURL(file).href : undefined;
  } catch {
    return undefined;
  }
}

/** The root of the package that this code is in: bundled in `dist/`, or `src/load/`. */
function ownRoot(): string {
  const here = dirname(fileURLToPath(import.meta.url));
  return isFile(join(here, "..", "package.json")) ? join(here, "..") : join(here, "..", "..");
}

function realDirectory(path: string): string | undefined {
  try {
    return realpathSync(path);
  } catch {
    return undefined;
  }
}

function isFile(path: string): boolean {
  try {
    return statSync(path).isFile();
  } catch {
    // Absent, or below what is no directory, or not for us to see.
    return false;
  }
}
