import { spawn } from "node:child_process";
import { once } from "node:events";
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { buildSync } from "esbuild";
import { systemLocks } from "../../src/host/lock.ts";
import { onWindows } from "../rig/skip.ts";

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "flowctl-lock-"));
});
afterEach(() => {
  rmSync(directory, { recursive: true, force: true });
});

/** A file system that refuses kernel locks, or a machine without a build of the addon. */
const REFUSED: Parameters<typeof systemLocks>[0] = { kernel: () => "none" };

/** A process that takes the lock, says so, and waits to be killed. */
async function holder(path: string, kernel: string) {
  const script = join(directory, "holder.mjs");
  buildSync({
    stdin: {
      contents: `import { systemLocks } from "./lock.ts";
        const held = await systemLocks(${kernel}).tryLock(${JSON.stringify(path)});
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
  ["a kernel lock", {}, "{}"],
  ["a socket file", REFUSED, '{ kernel: () => "none" }'],
])("%s", (_name, options, written) => {
  const locks = systemLocks(options);

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
    const { said, child } = await holder(path, written);
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
  expect(readdirSync(directory).some((name) => name.endsWith(".sock"))).toBe(musl);
  held?.release();
});

it("a path too long for a socket still gives a lock", async () => {
  const path = join(directory, "x".repeat(90));
  const locks = systemLocks(REFUSED);
  const held = await locks.tryLock(path);
  expect(held).toBeDefined();
  expect(await locks.tryLock(path)).toBeUndefined();
  held?.release();
});

describe("where the kernel refuses only now and then", () => {
  it("a lock that was taken by a socket is not taken by the kernel's as well", async () => {
    const path = join(directory, "lock");
    const held = await systemLocks(REFUSED).tryLock(path);
    expect(await systemLocks().tryLock(path)).toBeUndefined();
    expect(await systemLocks().tryLock(path, { create: false })).toBeUndefined();
    held?.release();
    const again = await systemLocks().tryLock(path);
    expect(again).toBeDefined();
    expect(await systemLocks(REFUSED).tryLock(path)).toBeUndefined();
    again?.release();
  });

  it("nobody is taken for gone who may hold it by the kernel", async () => {
    const path = join(directory, "lock");
    writeFileSync(path, "");
    expect(await systemLocks(REFUSED).tryLock(path, { create: false })).toBeUndefined();
    const held = await systemLocks(REFUSED).tryLock(path);
    held?.release();
    const found = await systemLocks(REFUSED).tryLock(path, { create: false });
    expect(found).toBeDefined();
    found?.release();
  });
});

describe.skipIf(onWindows)("a socket whose path would be too long", () => {
  const DIRECTORY = `flowctl-${String(process.getuid?.())}`;
  let before: string | undefined;
  beforeEach(() => {
    before = process.env["TMPDIR"];
    process.env["TMPDIR"] = directory;
  });
  afterEach(() => {
    if (before === undefined) delete process.env["TMPDIR"];
    else process.env["TMPDIR"] = before;
  });
  const take = () => {
    const deep = join(directory, "x".repeat(90));
    mkdirSync(deep, { recursive: true });
    return systemLocks(REFUSED).tryLock(join(deep, "lock"));
  };

  it("is held in a directory of this user's own", async () => {
    const held = await take();
    expect(await take()).toBeUndefined();
    expect(statSync(join(directory, DIRECTORY)).mode & 0o777).toBe(0o700);
    held?.release();
  });

  const wrong: Readonly<Record<string, (path: string) => void>> = {
    "others may write to": (path) => {
      mkdirSync(path);
      chmodSync(path, 0o777);
    },
    "is a link": (path) => {
      symlinkSync(directory, path);
    },
    "is a file": (path) => {
      writeFileSync(path, "");
    },
    ...(process.getuid?.() === 0 && {
      "another user owns": (path: string) => {
        mkdirSync(path);
        chownSync(path, 12345, 12345);
      },
    }),
  };
  it.each(Object.entries(wrong))("is refused with the reason in a directory that %s", async (_name, put) => {
    put(join(directory, DIRECTORY));
    await expect(take()).rejects.toThrow(/directory of locks .* belongs to another user.*set TMPDIR/);
  });
});
