// Preloaded into every process of a run under test: kills its process before one of its changes of the disk.
import fs from "node:fs";
import { syncBuiltinESMExports } from "node:module";

const { CHAOS_CUTS, CHAOS_MARKS, CHAOS_COUNT } = process.env;
if (CHAOS_CUTS !== undefined) {
  // The first process that is cut takes the first cut, and so on: runner, then reaper.
  const taken = fs.readdirSync(CHAOS_MARKS).length;
  // `12`: before the twelfth change; `2 end.json`: before the second that makes a link with this in its path.
  const [nth = "Infinity", path = ""] = (CHAOS_CUTS.split(",")[taken] ?? "").split(" ");
  let left = nth === "" ? Infinity : Number(nth);
  let changes = 0;
  for (const name of ["linkSync", "renameSync", "unlinkSync", "fsyncSync", "writeSync", "mkdirSync"]) {
    const real = fs[name];
    fs[name] = (...args) => {
      // Standard output and error are not the disk.
      const isDisk = name !== "writeSync" || args[0] > 2;
      if (isDisk) changes += 1;
      const isCounted = isDisk && (path === "" || (name === "linkSync" && args[1].includes(path)));
      if (isCounted && (left -= 1) === 0) {
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
    if (CHAOS_COUNT !== undefined) fs.appendFileSync(CHAOS_COUNT, `${changes}\n`);
  });
}
