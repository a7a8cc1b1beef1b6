import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build, type Plugin } from "esbuild";
import { expect, test } from "vitest";
import { crashHome, unreliableService, type CrashHome } from "./crash-rig.ts";

/** With `FLOWCTL_CHAOS=full` every cut is tried; else every few, so that the suite stays short. */
const isFull = process.env["FLOWCTL_CHAOS"] === "full";

/** Cuts a run at each of these changes of the disk, then lets later commands find what is left. */
async function cutEverywhere(
  home: CrashHome,
  plan: readonly (readonly number[])[],
  service: Awaited<ReturnType<typeof unreliableService>>,
): Promise<{ readonly lost: readonly string[]; readonly twice: readonly string[] }> {
  const queue = [...plan];
  const worker = async (): Promise<void> => {
    for (let cuts = queue.shift(); cuts !== undefined; cuts = queue.shift()) await home.run(cuts);
  };
  await Promise.all(Array.from({ length: 4 }, worker));
  service.calm();
  // Sentinels may still be at it; whoever comes first wins.
  for (let round = 0; round < 20; round += 1) {
    await home.flowctl("reap");
    await home.flowctl("notify", "retry", "--all", "--deadline", "20s");
    if (round > 1 && isSettled(home)) break;
  }
  const told = new Map<string, Set<string>>();
  for (const { runId, id, state } of service.taken) {
    told.set(runId, (told.get(runId) ?? new Set()).add(`${id} ${state}`));
  }
  return {
    lost: home.recorded().filter((id) => !told.has(id)),
    twice: [...told].filter(([, messages]) => messages.size > 1).map(([id, messages]) => [id, ...messages].join(" ")),
  };
}

function isSettled(home: CrashHome): boolean {
  const names = (path: string): number => {
    const directory = join(home.state, path);
    return existsSync(directory) ? readdirSync(directory).filter((name) => !name.startsWith(".")).length : 0;
  };
  return names("outbox/new") === 0 && names("outbox/held") === 0;
}

test("a run that is killed before any change of the disk is told once: as done or as crashed, never as both", async () => {
  const program = await bundle();
  const service = await unreliableService(7);
  using home = crashHome(program.bin, service.url);
  try {
    const changes = await home.count();
    expect(changes).toBeGreaterThan(20);
    const stride = isFull ? 1 : Math.ceil(changes / 20);
    const runner = Array.from({ length: changes }, (_, at) => [at + 1]).filter((_, at) => at % stride === 0);
    // The reaper dies as well, at different places.
    const both = runner.filter((_, at) => isFull || at % 4 === 0).map(([cut = 1], at) => [cut, 3 + ((at * 5) % 30)]);
    const result = await cutEverywhere(home, [...runner, ...both], service);
    expect(result).toEqual({ lost: [], twice: [] });
  } finally {
    await service.close();
    program.remove();
  }
}, 600_000);

test("the old order, in which a run's end was told before it was recorded, is found out by it", async () => {
  const mutant = await bundle(oldOrder);
  const service = await unreliableService(7);
  using home = crashHome(mutant.bin, service.url);
  try {
    const changes = await home.count();
    const runner = Array.from({ length: changes }, (_, at) => [at + 1]).slice(Math.floor(changes / 3));
    const { twice } = await cutEverywhere(home, runner, service);
    expect(twice.length).toBeGreaterThan(0);
    expect(twice.join()).toContain("Crashed");
  } finally {
    await service.close();
    mutant.remove();
  }
}, 600_000);

/** A build of its own: other tests may make `dist/` anew at any time. */
async function bundle(mutate?: (recorder: string) => string): Promise<{ readonly bin: string; remove(): void }> {
  const root = fileURLToPath(new URL("../..", import.meta.url));
  const outdir = mkdtempSync(join(root, "node_modules", ".crash-test-"));
  const plugin: Plugin = {
    name: "mutation",
    setup(run) {
      run.onLoad({ filter: /src\/recorder\.ts$/ }, ({ path }) => {
        const text = readFileSync(path, "utf8");
        return { contents: mutate?.(text) ?? text, loader: "ts" };
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
  return {
    bin: join(outdir, "cli.js"),
    remove: () => {
      rmSync(outdir, { recursive: true, force: true });
    },
  };
}

/** The messages of a run's end go to the outbox before its terminal record is made. */
function oldOrder(recorder: string): string {
  const mutated = recorder
    .replace("? end(event) : derive(event)", "? derive(event) : derive(event)")
    .replace(
      "const stored = enqueue(items);",
      "const stored = Promise.resolve(enqueue(items)).then(() => { if (event.type === 'run-state' && isEnd(event.to)) end(event); });",
    );
  if (mutated.length < recorder.length + 60) throw new Error("the mutation no longer fits src/recorder.ts");
  return mutated;
}
