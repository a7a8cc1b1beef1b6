import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build, type Plugin } from "esbuild";

/** A source file of ours, changed for the worse. */
export interface Mutation {
  readonly file: RegExp;
  readonly change: (text: string) => string;
}

/** A build of its own: other tests may make `dist/` anew at any time. */
export async function bundle(
  mutate: Mutation = { file: /src\/recorder\.ts$/, change: (text) => text },
): Promise<{ readonly bin: string; remove(): void }> {
  const root = fileURLToPath(new URL("../..", import.meta.url));
  const outdir = mkdtempSync(join(root, "node_modules", ".crash-test-"));
  const mutated = new Set<string>();
  const plugin: Plugin = {
    name: "mutation",
    setup(run) {
      run.onLoad({ filter: mutate.file }, ({ path }) => {
        mutated.add(path);
        return { contents: mutate.change(readFileSync(path, "utf8")), loader: "ts" };
      });
    },
  };
  await build({
    absWorkingDir: root,
    entryPoints: ["src/cli.ts", "src/index.ts", "src/testing.ts"],
    outbase: "src",
    outdir,
    bundle: true,
    splitting: true,
    format: "esm",
    platform: "node",
    target: "node20",
    packages: "external",
    define: { FLOWCTL_BUNDLED: "true" },
    logLevel: "silent",
    plugins: [plugin],
  });
  if (mutated.size === 0) throw new Error(`the mutation no longer fits: there is no ${String(mutate.file)}`);
  return {
    bin: join(outdir, "cli.js"),
    remove: () => {
      rmSync(outdir, { recursive: true, force: true });
    },
  };
}

/** @throws Error where a change no longer fits the text: the mutation would change nothing */
export function replaced(text: string, changes: readonly (readonly [string, string])[]): string {
  let changed = text;
  for (const [from, to] of changes) {
    if (!changed.includes(from)) throw new Error(`the mutation no longer fits: ${from}`);
    changed = changed.replace(from, to);
  }
  return changed;
}
