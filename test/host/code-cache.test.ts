import { execFileSync } from "node:child_process";
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, it } from "vitest";
import { BIN, cliHome, type CliHome } from "../rig/cli.ts";
import { onWindows } from "../rig/skip.ts";

/** Where the code of a run is kept, with the cache in the home as it is for a person. */
function kept(home: CliHome): {
  readonly env: Record<string, string | undefined>;
  readonly files: () => string[];
  directory: string;
} {
  const cache = join(home.directory, "..", "cache");
  const directory = join(cache, "flowctl");
  return {
    env: { NODE_COMPILE_CACHE: undefined, XDG_CACHE_HOME: cache },
    directory,
    files: () => (existsSync(directory) ? readdirSync(directory).map((name) => join(directory, name)) : []),
  };
}

const FLOW = `import { flow, task } from "flowctl";
const one = task("one", () => 1);
export default flow("one", () => { one(); });`;

describe("the code cache", () => {
  it("is written by the second run, for its user only, and left alone by the next", async () => {
    await using home = cliHome();
    home.write("one.ts", FLOW);
    const { env, files, directory } = kept(home);
    expect((await home.run(["run", "one.ts"], { env })).code).toBe(0);
    const [file = "", ...more] = files();
    expect([file.endsWith("-run"), statSync(file).size, more]).toEqual([true, 0, []]);
    expect((await home.run(["run", "one.ts"], { env })).code).toBe(0);
    expect(statSync(file).size).toBeGreaterThan(100_000);
    if (process.platform !== "win32") {
      expect([statSync(directory).mode & 0o777, statSync(file).mode & 0o777]).toEqual([0o700, 0o600]);
    }
    const before = statSync(file);
    expect((await home.run(["run", "one.ts"], { env })).code).toBe(0);
    expect(files()).toEqual([file]);
    expect(statSync(file).ino).toBe(before.ino);
  });

  it("of one install holds no path of another: stacks show the user's files only", async () => {
    await using home = cliHome();
    home.write(
      "fails.ts",
      `import { flow, task } from "flowctl";
const load = task("load", () => { throw new Error("no rows"); });
export default flow("fails", () => { load(); });`,
    );
    home.write("flowctl.config.yaml", "hooks: [{ name: f, states: [Failed], to: [inbox] }]\n");
    const { env, files } = kept(home);
    const other = join(home.directory, "..", "other");
    for (const part of ["bin", "dist", "package.json"])
      cpSync(join(dirname(BIN), "..", part), join(other, part), { recursive: true });
    symlinkSync(join(dirname(BIN), "..", "node_modules"), join(other, "node_modules"));
    for (const program of [BIN, BIN, join(other, "bin", "flowctl.js"), join(other, "bin", "flowctl.js")])
      await home.run(["run", "fails.ts"], { env, program: [process.execPath, program] });
    const shown = await home.run(["inbox"], { env, program: [process.execPath, join(other, "bin", "flowctl.js")] });
    expect(shown.stdout).toContain("fails.ts:2:");
    expect(shown.stdout).not.toContain("/dist/");
    const holders = files().map((file) => {
      const code = readFileSync(file, "latin1");
      return [join(dirname(BIN), "..", "dist"), join(other, "dist")].map((path) => code.includes(path));
    });
    const installs = [...new Set(holders.map(String))].filter((each) => each !== "false,false").sort();
    expect(installs).toEqual(["false,true", "true,false"]);
  });

  it.each<[string, (file: string) => void]>([
    [
      "cut off",
      (file) => {
        truncateSync(file, 1000);
      },
    ],
    [
      "empty",
      (file) => {
        writeFileSync(file, "");
      },
    ],
    [
      "half of it zeros",
      (file) => {
        const text = readFileSync(file);
        writeFileSync(file, text.fill(0, text.length / 4, text.length / 2));
      },
    ],
    [
      "another one's text",
      (file) => {
        writeFileSync(file, "x".repeat(4096));
      },
    ],
  ])("is not used, and made again, where a file of it is %s", async (_name, spoil) => {
    await using home = cliHome();
    home.write("one.ts", FLOW);
    const { env, files } = kept(home);
    await home.run(["run", "one.ts"], { env });
    await home.run(["run", "one.ts"], { env });
    const [file = ""] = files();
    const { size } = statSync(file);
    spoil(file);
    const again = await home.run(["run", "one.ts"], { env });
    expect([again.code, again.stderr]).toEqual([0, ""]);
    expect(statSync(file).size).toBeGreaterThan(size / 2);
  });

  it.skipIf(onWindows)("neither reads nor writes what others may write", async () => {
    await using home = cliHome();
    home.write("one.ts", FLOW);
    const { env, files, directory } = kept(home);
    await home.run(["run", "one.ts"], { env });
    await home.run(["run", "one.ts"], { env });
    const [file = ""] = files();
    chmodSync(file, 0o666);
    const { ino } = statSync(file);
    await home.run(["run", "one.ts"], { env });
    expect(statSync(file).ino).not.toBe(ino);

    chmodSync(file, 0o666);
    chmodSync(directory, 0o777);
    const { ino: left } = statSync(file);
    const refused = await home.run(["run", "one.ts"], { env });
    expect([refused.code, refused.stderr]).toEqual([
      0,
      `warning: compiled code is not kept in ${directory}: the directory belongs to another user, or others may write to it; set XDG_CACHE_HOME to a directory of your own\n`,
    ]);
    expect(statSync(file).ino).toBe(left);
  });

  it.skipIf(onWindows)("says nothing of a home that is another user's, as under sudo", async () => {
    await using home = cliHome();
    home.write("one.ts", FLOW);
    const own = join(home.directory, "..", "other-home");
    mkdirSync(join(own, ".cache", "flowctl"), { recursive: true });
    chmodSync(join(own, ".cache", "flowctl"), 0o777);
    const env = { NODE_COMPILE_CACHE: undefined, XDG_CACHE_HOME: undefined, HOME: own };
    const { code, stderr } = await home.run(["run", "one.ts"], { env });
    expect([code, stderr, readdirSync(join(own, ".cache", "flowctl"))]).toEqual([0, "", []]);
  });

  const inPlaceOf: Readonly<Record<string, (file: string, other: string) => void>> = {
    "a FIFO": (file) => {
      execFileSync("mkfifo", ["-m", "600", file]);
    },
    "a link": (file, other) => {
      symlinkSync(other, file);
    },
    "a directory": (file) => {
      mkdirSync(file);
    },
  };
  it.skipIf(onWindows).each(Object.entries(inPlaceOf))(
    "waits for nobody where %s has the name of a file of it",
    async (_name, put) => {
      await using home = cliHome();
      home.write("one.ts", FLOW);
      const { env, files } = kept(home);
      await home.run(["run", "one.ts"], { env });
      await home.run(["run", "one.ts"], { env });
      const [file = ""] = files();
      const other = home.write("other", "not of the cache");
      rmSync(file);
      put(file, other);
      const { code, stderr } = await home.run(["run", "one.ts"], { env });
      expect([code, stderr, readFileSync(other, "utf8")]).toEqual([0, "", "not of the cache"]);
    },
  );

  it("is done without where it cannot be, or is not wanted", async () => {
    await using home = cliHome();
    home.write("one.ts", FLOW);
    const { env, files, directory } = kept(home);
    const off = await home.run(["run", "one.ts"], { env: { ...env, NODE_DISABLE_COMPILE_CACHE: "1" } });
    expect([off.code, files()]).toEqual([0, []]);
    mkdirSync(join(directory, ".."), { recursive: true });
    writeFileSync(directory, "a file");
    const blocked = await home.run(["run", "one.ts"], { env });
    expect([blocked.code, blocked.stderr]).toEqual([0, ""]);
    expect(readFileSync(directory, "utf8")).toBe("a file");
  });

  it("is of code that is read as it was written, letters beyond ASCII, too", async () => {
    await using home = cliHome();
    // CEL's own pattern for durations has the letter in it.
    home.write("micro.yaml", `flow: micro\ntasks:\n  a: { run: echo ran, if: 'duration("5µs") < duration("1ms")' }\n`);
    const ran = await home.run(["run", "micro.yaml"]);
    expect([ran.code, ran.stderr]).toEqual([0, ""]);
  });

  it("keeps nothing of a command that could not begin", async () => {
    await using home = cliHome();
    const { env, files } = kept(home);
    expect((await home.run(["run", "absent.ts"], { env })).code).toBe(2);
    expect(files()).toEqual([]);
  });
});
