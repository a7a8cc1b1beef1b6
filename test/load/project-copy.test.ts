import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { afterEach, beforeEach, expect, test } from "vitest";
import { projectCopy } from "../../src/load/project-copy.ts";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
let directory: string;

beforeEach(() => {
  directory = realpathSync(mkdtempSync(join(tmpdir(), "flowctl-copy-")));
  write("repo/node_modules/flowctl/package.json", '{"name":"flowctl","bin":{"flowctl":"bin/flowctl.js"}}');
  write("repo/node_modules/flowctl/bin/flowctl.js", "");
  write("repo/packages/a/flows/x.ts", "");
  mkdirSync(join(directory, "elsewhere"));
});
afterEach(() => {
  rmSync(directory, { recursive: true, force: true });
});

function write(path: string, text: string): void {
  mkdirSync(dirname(join(directory, path)), { recursive: true });
  writeFileSync(join(directory, path), text);
}

const copy = (): string => pathToFileURL(join(directory, "repo/node_modules/flowctl/bin/flowctl.js")).href;

test("the copy that is installed above the flow takes over, from wherever the command is given", () => {
  const elsewhere = join(directory, "elsewhere");
  expect(projectCopy(["run", join(directory, "repo/packages/a/flows/x.ts")], elsewhere)).toBe(copy());
  expect(projectCopy(["run", "packages/a/flows/x.ts", "-q"], join(directory, "repo"))).toBe(copy());
  expect(projectCopy(["-C", "../repo/packages", "run", "a/flows/x.ts"], elsewhere)).toBe(copy());
  expect(projectCopy(["runs", "list", "--cwd=../repo"], elsewhere)).toBe(copy());
});

test("through a symbolic link it is the flow's own project that counts", () => {
  symlinkSync(join(directory, "repo/packages/a/flows/x.ts"), join(directory, "elsewhere/link.ts"));
  expect(projectCopy(["run", "link.ts"], join(directory, "elsewhere"))).toBe(copy());
});

test("without a copy, or with a broken one, the one that was called goes on", () => {
  expect(projectCopy(["run", "x.ts"], join(directory, "elsewhere"))).toBeUndefined();
  rmSync(join(directory, "repo/node_modules/flowctl/bin"), { recursive: true });
  expect(projectCopy([], join(directory, "repo"))).toBeUndefined();
});

test("a link to the running copy is no other copy", () => {
  mkdirSync(join(directory, "linked/node_modules"), { recursive: true });
  symlinkSync(ROOT, join(directory, "linked/node_modules/flowctl"));
  expect(projectCopy([], join(directory, "linked"))).toBeUndefined();
});
