import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { bundle } from "./bundle.ts";
import { wreakHavoc } from "./chaos.ts";
import { crashHome, unreliableService } from "./crash-rig.ts";
import { offLinux } from "../rig/skip.ts";

/** `npm run chaos` takes the full size; else a part of it. */
const isFull = process.env["FLOWCTL_CHAOS"] === "full";
const SEED = Number(process.env["FLOWCTL_CHAOS_SEED"] ?? 20_261_127);
const SIZE = isFull
  ? { runs: Number(process.env["FLOWCTL_CHAOS_RUNS"] ?? 1000), atATime: 8 }
  : { runs: 24, atATime: 4 };

test.skipIf(offLinux)(
  "whoever is killed at whatever moment: no run's end is lost, none is told as done and as crashed, repeats have one id",
  async () => {
    const program = await bundle();
    const service = await unreliableService(SEED);
    using home = crashHome(program.bin, service.url, { background: true });
    try {
      const toll = await wreakHavoc(home, service, { ...SIZE, seed: SEED });
      process.stderr.write(`chaos, seed ${SEED}: ${JSON.stringify({ ...toll, requests: service.taken.length })}\n`);
      expect(toll).toMatchObject({ lost: [], contradicting: [], left: [] });
      expect(toll.recorded).toBeGreaterThan(SIZE.runs / 4);
      expect(Object.keys(toll.killed)).toContain("runner");
    } finally {
      await service.close();
      program.remove();
    }
  },
  3_600_000,
);

const trial = smallDisk();
if (typeof trial === "string") process.stderr.write(`a full disk: skipped, mount says: ${trial}\n`);
else trial.unmount();

test.skipIf(typeof trial === "string")(
  "on a disk that is full now and then, what it refuses is said; what it took is told, once",
  async () => {
    const { directory, unmount } = smallDisk() as Exclude<typeof trial, string>;
    const program = await bundle();
    const service = await unreliableService(SEED);
    using home = crashHome(program.bin, service.url, { background: true, at: directory });
    try {
      const fill = (): (() => void) => {
        const file = join(directory, ".filler");
        // A full disk takes what it can and refuses the rest.
        spawnSync("dd", ["if=/dev/zero", `of=${file}`, "bs=4k"], { stdio: "ignore" });
        return () => {
          rmSync(file, { force: true });
        };
      };
      const toll = await wreakHavoc(home, service, { ...SIZE, seed: SEED, fill });
      process.stderr.write(`full disk, seed ${SEED}: ${JSON.stringify({ ...toll, requests: service.taken.length })}\n`);
      expect(Object.keys(toll.refused).filter((word) => word.startsWith("BUG"))).toEqual([]);
      // An end that the disk did not take is told from memory, once, and no record can say so.
      const fromMemory = toll.contradicting.filter((each) => /^\S+ \S+ \S+ \S+ on record: none$/.test(each));
      expect(toll.contradicting.filter((each) => !fromMemory.includes(each))).toEqual([]);
      expect(toll.left).toEqual([]);
      // It was said, and is counted apart; so is what neither record nor outbox nor service took.
      const unwritten = new Set([...toll.lost, ...fromMemory].map((each) => each.split(" ")[0]));
      expect(unwritten.size).toBeLessThanOrEqual(toll.refused["not on record"] ?? 0);
    } finally {
      await service.close();
      program.remove();
      unmount();
    }
  },
  3_600_000,
);

/** A file system with room for the records of all runs and not much more, or why there is none. */
function smallDisk(): { readonly directory: string; readonly unmount: () => void } | string {
  const directory = mkdtempSync(join(tmpdir(), "flowctl-disk-"));
  const size = `size=${String(8 + Math.ceil(SIZE.runs / 16))}m`;
  const mounted = spawnSync("mount", ["-t", "tmpfs", "-o", `${size},mode=700`, "flowctl-test", directory], {
    encoding: "utf8",
  });
  const why = mounted.error?.message ?? mounted.stderr.trim();
  if (mounted.status !== 0) {
    rmSync(directory, { recursive: true });
    return why;
  }
  return {
    directory,
    unmount() {
      spawnSync("umount", ["-l", directory]);
      rmSync(directory, { recursive: true, force: true });
    },
  };
}
