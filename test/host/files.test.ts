import { mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { systemFiles } from "../../src/host/files.ts";
import { offLinux } from "../rig/skip.ts";

const files = systemFiles();
let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "flowctl-files-"));
});
afterEach(() => {
  rmSync(directory, { recursive: true, force: true });
});

it("a shared file and directory of the project are for others to read, as the mask has it", () => {
  const mode = (path: string): string => ((files.stat(path)?.mode ?? 0) & 0o777).toString(8);
  mkdirSync(join(directory, "theirs"));
  writeFileSync(join(directory, "theirs", "c"), "x");
  files.makeDirectory(join(directory, "a", "b"), "shared");
  files.create(join(directory, "a", "b", "c"), "x", "shared");
  expect(mode(join(directory, "a"))).toBe(mode(join(directory, "theirs")));
  expect(mode(join(directory, "a", "b", "c"))).toBe(mode(join(directory, "theirs", "c")));
});

describe.each(["durable", "quick"] as const)("a %s write", (how) => {
  it("creates a file once: the second finds it and changes nothing", () => {
    const path = join(directory, "a");
    expect(files.create(path, "first", how)).toBe(true);
    expect(files.create(path, "second", how)).toBe(false);
    expect(files.read(path)).toBe("first");
    expect(readdirSync(directory)).toEqual(["a"]);
  });

  it("replaces a file whole, for its owner only, and leaves nothing beside it", () => {
    const path = join(directory, "a");
    files.replace(path, "one", how);
    files.replace(path, "ü".repeat(100_000), how);
    expect(files.read(path)).toHaveLength(100_000);
    expect(files.stat(path)?.mode.toString(8)).toMatch(/600$/);
    expect(readdirSync(directory)).toEqual(["a"]);
  });

  it("that fails leaves nothing behind", () => {
    expect(() => files.create(join(directory, "none", "a"), "x", how)).toThrow(/ENOENT/);
    writeFileSync(join(directory, "file"), "");
    expect(() => {
      files.replace(join(directory, "file", "a"), "x", how);
    }).toThrow(/ENOTDIR/);
    expect(readdirSync(directory)).toEqual(["file"]);
  });
});

describe("what is not there", () => {
  it("is no error to read, list, look at or remove", () => {
    const path = join(directory, "none");
    expect([files.read(path), files.list(path), files.stat(path), files.realPath(path)]).toEqual([
      undefined,
      [],
      undefined,
      undefined,
    ]);
    files.remove(path);
  });
});

it("a path is followed through its links to the real one", () => {
  const real = files.realPath(directory) ?? "";
  symlinkSync(directory, join(directory, "link"));
  expect(files.realPath(join(directory, "link"))).toBe(real);
  expect(files.stat(join(directory, "link"), false)?.kind).toBe("link");
  files.remove(join(directory, "link"));
  expect(files.stat(directory)?.kind).toBe("directory");
});

it("lines are added whole, and a directory goes with all in it", () => {
  const file = files.append(join(directory, "deep.log"));
  file.write("one\n");
  file.write("two\n");
  file.sync();
  file.close();
  expect(files.read(join(directory, "deep.log"))).toBe("one\ntwo\n");
  files.makeDirectory(join(directory, "a", "b"));
  files.create(join(directory, "a", "b", "c"), "");
  files.remove(join(directory, "a"));
  expect(readdirSync(directory)).toEqual(["deep.log"]);
});

it.skipIf(offLinux)("a directory that cannot be made is an error, and nothing waits for it for ever", () => {
  expect(() => {
    files.makeDirectory("/proc/no-such-directory/below");
  }).toThrow(/ENOENT/);
  files.makeDirectory(join(directory, "a/b/c"));
  files.makeDirectory(join(directory, "a/b/c"));
  writeFileSync(join(directory, "file"), "");
  expect(() => {
    files.makeDirectory(join(directory, "file"));
  }).toThrow(/EEXIST/);
});
