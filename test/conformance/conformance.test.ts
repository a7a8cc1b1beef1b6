import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, describe, expect, it } from "vitest";
import * as api from "../../src/index.ts";
import { judge } from "./judge.js";

const read = (name: string): string => readFileSync(new URL(name, import.meta.url), "utf8");
const [first = ""] = read("random.jsonl").split("\n");

describe("what a real Prefect 1.x engine was seen to do", () => {
  for (const file of ["random.jsonl", "mapping.jsonl"])
    it(`is what this engine does: every field of every scenario of ${file}`, async () => {
      const { agreed, total, problems, deviations, unknown } = await judge(read(file), api);
      expect(problems).toEqual([]);
      expect(deviations).toEqual([]);
      expect(unknown).toEqual([]);
      expect(total).toBeGreaterThan(200);
      expect(agreed).toBe(total);
    });

  it("would be seen not to be: a changed expectation does not agree", async () => {
    const { problems } = await judge(first.replace('"runs":1', '"runs":2'), api);
    expect(problems.map(({ name }) => name)).toEqual(["random-0000"]);
    expect(problems[0]?.difference).toContain(".runs: expected 2, found 1");
  });

  it("is what it does where no scenario was recorded and Prefect's source says what would have been", async () => {
    const { agreed, total, problems } = await judge(read("by-source.jsonl"), api);
    expect(problems).toEqual([]);
    expect(agreed).toBe(total);
  });

  for (const [where, file, reason] of [
    ["where a retry outlives the tasks that decide", "left-retrying", "retries run on timers"],
    ["where a task that decides was cancelled", "cancelled-reference", "a run with a cancelled reference task"],
  ] as const)
    it(`differs ${where}, and is said to`, async () => {
      const { agreed, problems, deviations } = await judge(read(`${file}.jsonl`), api);
      expect(problems).toEqual([]);
      expect(agreed).toBe(0);
      expect(deviations).toEqual([{ name: file, reason: expect.stringContaining(reason) as string }]);
    });
});

describe("npm run conformance", () => {
  const directory = mkdtempSync(join(tmpdir(), "flowctl-conformance-"));
  afterAll(() => {
    rmSync(directory, { recursive: true });
  });
  const run = (...files: readonly string[]) =>
    spawnSync(process.execPath, [fileURLToPath(new URL("run.js", import.meta.url)), ...files], { encoding: "utf8" });
  const file = (name: string, ...lines: readonly string[]): string => {
    const path = join(directory, name);
    writeFileSync(path, lines.map((line) => `${line}\r\n`).join(""));
    return path;
  };
  const last = (text: string): string | undefined => text.trim().split("\n").at(-1);

  it("counts over all files, and is content only when all agree", () => {
    const { stdout, status } = run(file("a.jsonl", first), file("b.jsonl", first, first));
    expect([stdout, status]).toEqual(["agree 3 of 3\n", 0]);
  });

  it("names what does not agree with the first difference, and what is no scenario with its line", () => {
    const broken = first.replace('"runs":1', '"runs":2');
    const path = file("c.jsonl", first, broken, "{ not json", '{"tasks":[]}');
    const { stdout, status } = run(path);
    expect(stdout).toContain("random-0000: .tasks.t0.runs: expected 2, found 1");
    expect(stdout).toContain(`${path}:3: is not a scenario`);
    expect(stdout).toContain(`${path}:4: is not a scenario`);
    expect([last(stdout), status]).toEqual(["agree 1 of 4", 1]);
  });

  it("does not agree by mistake: what it does not know is an error, and fields it does not know are named", () => {
    const path = file(
      "d.jsonl",
      first.replace("any_successful", "any_sucessful"),
      first.replace('{"return":[]}', '{"answer":[]}'),
      first.replace('"edges":', '"colour":"blue","edges":'),
    );
    const { stdout, stderr, status } = run(path);
    expect(stdout).toContain('could not be run: there is no trigger "anySucessful"');
    expect(stdout).toContain('could not be run: t2 is to do something unknown: {"answer":[]}');
    expect(stderr).toContain("the field scenario.colour is not known");
    expect([last(stdout), status]).toEqual(["agree 1 of 3", 1]);
  });

  it("says which file cannot be read, and judges the others", () => {
    const { stdout, stderr, status } = run(join(directory, "absent.jsonl"), file("e.jsonl", first));
    expect(stderr).toContain("absent.jsonl cannot be read: ENOENT");
    expect([last(stdout), status]).toEqual(["agree 1 of 1", 2]);
  });

  it("is not content with no scenario at all", () => {
    const { stderr, status } = run(file("f.jsonl"));
    expect(stderr).toContain("No scenario was found.");
    expect(status).toBe(1);
  });
});
