import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build, type Plugin } from "esbuild";
import { expect, test } from "vitest";
import { crashHome, unreliableService, type CrashHome, type Cut } from "./crash-rig.ts";

/** With `FLOWCTL_CHAOS=full` every cut is tried; else every few, so that the suite stays short. */
const isFull = process.env["FLOWCTL_CHAOS"] === "full";

/** Cuts a run at each of these changes of the disk, then lets later commands find what is left. */
async function cutEverywhere(
  home: CrashHome,
  plan: readonly (readonly Cut[])[],
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
  for (const { runId, id, state, asker } of service.taken) {
    const key = `${runId} ${asker}`;
    told.set(key, (told.get(key) ?? new Set()).add(`${id} ${state}`));
  }
  const due = home.recorded().flatMap(({ runId, askers }) => askers.map((asker) => `${runId} ${asker}`));
  return {
    lost: due.filter((each) => !told.has(each)),
    twice: [...told].filter(([, messages]) => messages.size > 1).map(([key, messages]) => [key, ...messages].join(" ")),
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
    expect(changes).toBeGreaterThan(40);
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

test("a notifier's message that is in the outbox only, and not in record and journal, is found to be lost by it", async () => {
  const mutant = await bundle(forgetful);
  const service = await unreliableService(7);
  using home = crashHome(mutant.bin, service.url);
  try {
    // The task's message, the flow notifier's, the hook's.
    const { lost } = await cutEverywhere(home, [["1 outbox/new"], ["2 outbox/new"], ["3 outbox/new"]], service);
    expect(lost.map((each) => each.split(" ")[1])).toEqual(expect.arrayContaining(["flow", "task"]));
  } finally {
    await service.close();
    mutant.remove();
  }
}, 600_000);

test("the old order, in which a run's end was told before it was recorded, is found out by it", async () => {
  const mutant = await bundle(oldOrder);
  const service = await unreliableService(7);
  using home = crashHome(mutant.bin, service.url);
  try {
    const { twice } = await cutEverywhere(home, [["1 end.json"]], service);
    expect(twice.length).toBeGreaterThan(0);
    expect(twice.join()).toContain("Crashed");
  } finally {
    await service.close();
    mutant.remove();
  }
}, 600_000);

/** A build of its own: other tests may make `dist/` anew at any time. */
async function bundle(
  mutate: Mutation = { file: /src\/recorder\.ts$/, change: (text) => text },
): Promise<{ readonly bin: string; remove(): void }> {
  const root = fileURLToPath(new URL("../..", import.meta.url));
  const outdir = mkdtempSync(join(root, "node_modules", ".crash-test-"));
  const plugin: Plugin = {
    name: "mutation",
    setup(run) {
      run.onLoad({ filter: mutate.file }, ({ path }) => ({
        contents: mutate.change(readFileSync(path, "utf8")),
        loader: "ts",
      }));
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

/** A source file of ours, changed for the worse. */
interface Mutation {
  readonly file: RegExp;
  readonly change: (text: string) => string;
}

/** The messages of a run's end go to the outbox before its terminal record is made. */
const oldOrder: Mutation = {
  file: /src\/recorder\.ts$/,
  change: (text) =>
    replaced(text, [
      ["const isTold = isLast ? end(event, items) : true;", "const isTold = true;"],
      [
        "reporter.onEvent(event);",
        "reporter.onEvent(event); if (isLast) return Promise.resolve(stored).then(() => { end(event, items); });",
      ],
    ]),
};

/** A reaper that knows of hooks only. */
const forgetful: Mutation = {
  file: /src\/commands\/bury\.ts$/,
  change: (text) =>
    replaced(text, [
      ["if (record.told !== undefined) return record.told as readonly NewItem[];", ""],
      ["...(each.told as readonly NewItem[])", ""],
    ]),
};

function replaced(text: string, changes: readonly (readonly [string, string])[]): string {
  let changed = text;
  for (const [from, to] of changes) {
    if (!changed.includes(from)) throw new Error(`the mutation no longer fits: ${from}`);
    changed = changed.replace(from, to);
  }
  return changed;
}
