import { execFile } from "node:child_process";
import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { build } from "esbuild";
import type { Diagnostic } from "../../src/model/error.ts";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));

/** A library of two things, so that what is tested is the loading: is it one copy? */
const LIBRARY = `
export class Task {}
export const FLOW = Symbol.for("flowctl.flow");
export const flow = (name) => ({ [FLOW]: true, name, task: new Task() });
export const runAtTopLevel = () => {
  const loading = globalThis[Symbol.for("flowctl.loading")];
  if (loading?.depth > 0) loading.warn("run ignored");
};`;

export interface Loaded {
  /** What the driver's expression made of the exports. */
  readonly value?: unknown;
  /** What a person is shown. */
  readonly diagnostics?: readonly Diagnostic[];
  readonly warnings: readonly Diagnostic[];
  /** Anything that is not for people: a defect. */
  readonly defect?: string;
  readonly stderr: string;
}

export interface LoaderRig {
  readonly directory: string;
  /** Writes files below the rig's directory and answers the directory. */
  write(files: Readonly<Record<string, string>>): string;
  link(target: string, path: string): void;
  /** Loads a module in a Node of its own and evaluates an expression over \`m\` (its exports), \`Task\`, \`loadFlow\` and \`path\`. */
  load(entry: string, expression?: string): Promise<Loaded>;
  dispose(): void;
}

/** The loader, bundled as the product is, driven by a real Node. */
export async function loaderRig(): Promise<LoaderRig> {
  const directory = realpathSync(mkdtempSync(join(tmpdir(), "flowctl-load-")));
  const dist = join(directory, "dist");
  await build({
    absWorkingDir: ROOT,
    entryPoints: { load: "src/load/load-flow.ts", module: "src/load/import-module.ts" },
    bundle: true,
    splitting: true,
    format: "esm",
    platform: "node",
    target: "node20",
    outdir: dist,
    external: ["oxc-transform", "oxc-resolver"],
    define: { FLOWCTL_BUNDLED: "true" },
    banner: { js: 'import{createRequire as __cr}from"node:module";const require=__cr(import.meta.url);' },
  });
  writeFileSync(join(dist, "package.json"), '{"type":"module"}');
  symlinkSync(join(ROOT, "node_modules"), join(dist, "node_modules"));
  writeFileSync(join(dist, "index.js"), LIBRARY);
  writeFileSync(join(dist, "testing.js"), "export const kit = true;");
  writeFileSync(
    join(dist, "driver.js"),
    `import { loadFlow } from "./load.js";
import { importModule } from "./module.js";
import { Task } from "./index.js";
const [path, expression] = process.argv.slice(2);
const warnings = [];
const onWarning = (each) => warnings.push(each);
let answer;
try {
  const m = expression.includes("loadFlow") ? undefined : await importModule(path);
  const value = await new Function("m", "Task", "loadFlow", "importModule", "path", "onWarning", "return (async () => (" + expression + "))()")(m, Task, loadFlow, importModule, path, onWarning);
  answer = { value };
} catch (error) {
  answer = error?.name === "UserError" ? { diagnostics: error.diagnostics } : { defect: String(error?.stack ?? error) };
}
process.stdout.write("\\n@@" + JSON.stringify({ ...answer, warnings }));`,
  );
  return {
    directory,
    write(files) {
      for (const [name, text] of Object.entries(files)) {
        mkdirSync(dirname(join(directory, name)), { recursive: true });
        writeFileSync(join(directory, name), text);
      }
      return directory;
    },
    link(target, path) {
      mkdirSync(dirname(join(directory, path)), { recursive: true });
      symlinkSync(join(directory, target), join(directory, path));
    },
    load(entry, expression = "({ ...m })") {
      return new Promise((resolve, reject) => {
        execFile(
          process.execPath,
          [join(dist, "driver.js"), join(directory, entry), expression],
          { cwd: directory },
          (error, stdout, stderr) => {
            const text = stdout.split("\n@@")[1];
            if (text === undefined) reject(new Error(`no answer: ${error?.message ?? ""}\n${stdout}\n${stderr}`));
            else resolve({ ...(JSON.parse(text) as Loaded), stderr });
          },
        );
      });
    },
    dispose() {
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

/** A path as modules see their own. */
export function urlOf(path: string): string {
  return pathToFileURL(path).href;
}
