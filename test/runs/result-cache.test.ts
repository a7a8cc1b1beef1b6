import { readFileSync, writeFileSync, utimesSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { state } from "../../src/model/state.ts";
import type { Task } from "../../src/model/task.ts";
import { cacheIndex } from "../../src/runs/cache-index.ts";
import { resultCache, type ResultCache } from "../../src/runs/result-cache.ts";
import { node } from "../engine/rig.ts";
import { storeRig, type StoreRig } from "./rig.ts";

const HOUR = 3_600_000;

function open(rig: StoreRig, flow = "f", warnings: string[] = []): ResultCache {
  return resultCache({
    files: rig.files,
    clock: rig.clock,
    random: Math.random,
    directory: join(rig.state, "cache"),
    flow,
    redact: (text) => text.replaceAll("hush", "***"),
    warn: (text) => warnings.push(text),
  });
}
const cached = (rig: StoreRig, result: unknown, more: object = {}) =>
  state("Cached", { result, expires: rig.clock.now() + HOUR, context: { cachedIn: "r1" }, ...more });
const results = async (cache: ResultCache, key: string, task: Task): Promise<unknown[]> =>
  (await cache.read(key, task)).map((each) => each.result);
const plain = node("t", () => 1, { cache: { for: HOUR } });
const files = (rig: StoreRig): readonly string[] => rig.files.list(join(rig.state, "cache"));

describe("cached results on disk", () => {
  it("are there for later runs, the newest first, with who made them", async () => {
    using rig = storeRig();
    await open(rig).write("t", cached(rig, { at: new Date(5) }), plain);
    rig.clock.at += 1000;
    await open(rig).write("t", cached(rig, "newer"), plain);
    const [newest, older] = await open(rig).read("t", plain);
    expect([newest?.result, older?.result]).toEqual(["newer", { at: new Date(5) }]);
    expect(older?.context).toEqual({ cachedIn: "r1" });
    expect(await results(open(rig), "other", plain)).toEqual([]);
  });

  it("belong to the flow, unless the task names a key", async () => {
    using rig = storeRig();
    const shared = node("t", () => 1, { cache: { for: HOUR, key: "k" } });
    await open(rig, "one").write("t", cached(rig, 1), plain);
    await open(rig, "one").write("k", cached(rig, 2), shared);
    expect(await results(open(rig, "two"), "t", plain)).toEqual([]);
    expect(await results(open(rig, "two"), "k", shared)).toEqual([2]);
  });

  it("hold inputs and parameters only where a validator asks for them", async () => {
    using rig = storeRig();
    const more = { inputs: { a: 1 }, params: { p: 2 } };
    const asking = node("a", () => 1, { cache: { for: HOUR, validator: () => true } });
    await open(rig).write("a", cached(rig, 1, more), asking);
    await open(rig).write("t", cached(rig, 1, more), plain);
    expect((await open(rig).read("a", asking))[0]).toMatchObject(more);
    expect((await open(rig).read("t", plain))[0]).toMatchObject({ inputs: null, params: null });
  });

  it("are gone when their time is over", async () => {
    using rig = storeRig();
    await open(rig).write("t", cached(rig, 1), plain);
    rig.clock.at += HOUR;
    expect(await results(open(rig), "t", plain)).toEqual([]);
    expect(files(rig)).toEqual([]);
  });

  it("that are not whole are put away with a warning, and the others are used", async () => {
    using rig = storeRig();
    await open(rig).write("t", cached(rig, "whole"), plain);
    rig.clock.at += 1;
    await open(rig).write("t", cached(rig, "torn"), plain);
    for (const name of files(rig)) {
      const path = join(rig.state, "cache", name);
      const text = readFileSync(path, "utf8");
      if (text.includes("torn")) writeFileSync(path, text.slice(0, 30));
    }
    const warnings: string[] = [];
    expect(await results(open(rig, "f", warnings), "t", plain)).toEqual(["whole"]);
    expect(warnings).toEqual([expect.stringContaining('a cached result of "t" cannot be read and is put away')]);
    expect(files(rig)).toHaveLength(1);
  });

  it("of a process that died while it wrote are cleared away", async () => {
    using rig = storeRig();
    await open(rig).write("t", cached(rig, 1), plain);
    const left = join(rig.state, "cache", ".1-2-3.tmp");
    writeFileSync(left, "half");
    utimesSync(left, 1, 1);
    expect(await results(open(rig), "t", plain)).toEqual([1]);
    expect(files(rig).filter((name) => name.endsWith(".tmp"))).toEqual([]);
  });

  it("never hold a secret, and what cannot be kept is said once", async () => {
    using rig = storeRig();
    const warnings: string[] = [];
    const cache = open(rig, "f", warnings);
    const asking = node("a", () => 1, { cache: { for: HOUR, validator: () => true } });
    await cache.write("t", cached(rig, "say hush"), plain);
    await cache.write(
      "t",
      cached(rig, () => 1),
      plain,
    );
    await cache.write("a", cached(rig, 1, { inputs: { token: "hush" } }), asking);
    expect(files(rig)).toEqual([]);
    expect(warnings).toEqual([
      'the result of "t" is not kept for later runs: it holds a secret',
      'the result of "a" is not kept for later runs: it holds a secret',
    ]);
  });

  it("are not kept on a full disk, which is said once and harms no run", async () => {
    using rig = storeRig();
    const warnings: string[] = [];
    const full = {
      ...rig.files,
      replace: () => {
        throw Object.assign(new Error("ENOSPC: no space left on device, write"), { code: "ENOSPC" });
      },
    };
    const cache = open({ ...rig, files: full }, "f", warnings);
    await cache.write("t", cached(rig, 1), plain);
    await cache.write("t", cached(rig, 2), plain);
    expect(warnings).toEqual(['the result of "t" is not kept for later runs: ENOSPC: no space left on device, write']);
    expect(await results(cache, "t", plain)).toEqual([]);
  });

  it("take no more room than they may: the oldest go", () => {
    using rig = storeRig();
    const directory = join(rig.state, "cache");
    rig.files.makeDirectory(directory);
    const hundredMiB = 100 * 2 ** 20;
    for (const slot of ["a", "b", "c"]) {
      rig.clock.at += 1;
      const name = cacheIndex(rig.files, join(rig.state, "elsewhere"), rig.clock).add(slot, {
        expires: rig.clock.at + HOUR,
        size: hundredMiB,
        random: Math.random,
      });
      writeFileSync(join(directory, name), "{}");
    }
    const index = cacheIndex(rig.files, directory, rig.clock);
    expect(["a", "b", "c"].map((slot) => index.of(slot).length)).toEqual([0, 1, 1]);
    expect(files(rig)).toHaveLength(2);
  });

  it("written by many at once are all whole", async () => {
    using rig = storeRig();
    await Promise.all(Array.from({ length: 50 }, (_, i) => open(rig).write("t", cached(rig, i), plain)));
    expect((await results(open(rig), "t", plain)).sort()).toHaveLength(50);
  });
});
