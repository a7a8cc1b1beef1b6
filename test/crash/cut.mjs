// Preloaded into every process of a run under test: kills its process before the n-th change of the disk.
import fs from "node:fs";
import { syncBuiltinESMExports } from "node:module";

const { CHAOS_CUTS, CHAOS_MARKS } = process.env;
if (CHAOS_CUTS !== undefined) {
  // The first process that is cut takes the first number, and so on: runner, then reaper.
  const cuts = CHAOS_CUTS.split(",").map(Number);
  const taken = fs.readdirSync(CHAOS_MARKS).length;
  const cut = cuts[taken] ?? Infinity;
  let changes = 0;
  for (const name of ["linkSync", "renameSync", "unlinkSync", "fsyncSync", "writeSync", "mkdirSync"]) {
    const real = fs[name];
    fs[name] = (...args) => {
      // Standard output and error are not the disk.
      const isDisk = name !== "writeSync" || args[0] > 2;
      if (isDisk && (changes += 1) === cut) {
        fs.closeSync(fs.openSync(`${CHAOS_MARKS}/${process.pid}`, "w"));
        process.kill(process.pid, "SIGKILL");
        // The signal may take a moment; nothing more may be written.
        Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 10_000);
      }
      return real(...args);
    };
  }
  syncBuiltinESMExports();
  process.on("exit", () => {
    if (process.env.CHAOS_COUNT !== undefined) fs.appendFileSync(process.env.CHAOS_COUNT, `${changes}\n`);
  });
}
