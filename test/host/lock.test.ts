import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { buildSync } from "esbuild";
import { systemLocks } from "../../src/host/lock.ts";

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "flowctl-lock-"));
});
afterEach(() => {
  rmSync(directory, { recursive: true, force: true });
});

/** A process that takes the lock, says so, and waits to be killed. */
async function holder(path: string, native: boolean) {
  const script = join(directory, "holder.mjs");
  buildSync({
    stdin: {
      contents: `import { systemLocks } from "./lock.ts";
        const held = await systemLocks({ native: ${String(native)} }).tryLock(${JSON.stringify(path)});
        process.stdout.write(held ? "held" : "refused");
        setInterval(() => {}, 1000);`,
      resolveDir: fileURLToPath(new URL("../../src/host", import.meta.url)),
      loader: "ts",
    },
    bundle: true,
    platform: "node",
    format: "esm",
    outfile: script,
    define: {
      "import.meta.url": JSON.stringify(new URL("../../src/host/lock.ts", import.meta.url).href),
    },
  });
  const child = spawn(process.execPath, [script], { stdio: ["ignore", "pipe", "inherit"] });
  const [said] = (await once(child.stdout, "data")) as [Buffer];
  return { said: said.toString(), child };
}

describe.each([
  ["a kernel lock", true],
  ["a socket file", false],
])("%s", (_name, native) => {
  const locks = systemLocks({ native });

  it("is held once, also within one process, and free again after its release", async () => {
    const path = join(directory, "lock");
    const first = await locks.tryLock(path);
    expect(first).toBeDefined();
    expect(await locks.tryLock(path)).toBeUndefined();
    first?.release();
    first?.release();
    const again = await locks.tryLock(path);
    expect(again).toBeDefined();
    again?.release();
  });

  it("is given back when its holder is killed", async () => {
    const path = join(directory, "lock");
    const { said, child } = await holder(path, native);
    expect(said).toBe("held");
    expect(await locks.tryLock(path)).toBeUndefined();
    child.kill("SIGKILL");
    await once(child, "exit");
    const mine = await locks.tryLock(path);
    expect(mine).toBeDefined();
    mine?.release();
  });

  it("makes no file when told not to, and counts an absent one as held", async () => {
    const path = join(directory, "absent");
    expect(await locks.tryLock(path, { create: false })).toBeUndefined();
    expect(existsSync(path)).toBe(false);
  });
});

it("needs no socket file where the addon works", async () => {
  const path = join(directory, "native");
  const held = await systemLocks().tryLock(path);
  const musl =
    process.platform === "linux" && !JSON.stringify(process.report.getReport()).includes("glibcVersionRuntime");
  expect(existsSync(`${path}.sock`)).toBe(musl);
  held?.release();
});

it("a path too long for a socket still gives a lock", async () => {
  const path = join(directory, "x".repeat(90));
  const locks = systemLocks({ native: false });
  const held = await locks.tryLock(path);
  expect(held).toBeDefined();
  expect(await locks.tryLock(path)).toBeUndefined();
  held?.release();
});
