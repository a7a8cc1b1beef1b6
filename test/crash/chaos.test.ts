import { expect, test } from "vitest";
import { bundle } from "./bundle.ts";
import { wreakHavoc } from "./chaos.ts";
import { crashHome, unreliableService } from "./crash-rig.ts";

/** `npm run chaos` takes the full size; else a part of it. */
const isFull = process.env["FLOWCTL_CHAOS"] === "full";
const SEED = Number(process.env["FLOWCTL_CHAOS_SEED"] ?? 20_261_127);
const SIZE = isFull
  ? { runs: Number(process.env["FLOWCTL_CHAOS_RUNS"] ?? 1000), atATime: 8 }
  : { runs: 24, atATime: 4 };

test.skipIf(process.platform !== "linux")(
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
