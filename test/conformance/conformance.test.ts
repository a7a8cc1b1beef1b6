import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import * as api from "../../src/index.ts";
import { judge } from "./judge.js";

const read = (name: string): string => readFileSync(new URL(name, import.meta.url), "utf8");

describe("what a real Prefect 1.x engine was seen to do", () => {
  for (const file of ["random.jsonl", "mapping.jsonl"])
    it(`is what this engine does: every field of every scenario of ${file}`, async () => {
      const { agreed, total, problems } = await judge(read(file), api);
      expect(problems).toEqual([]);
      expect(total).toBeGreaterThan(200);
      expect(agreed).toBe(total);
    });

  it("would be seen not to be: a changed expectation does not agree", async () => {
    const [first = ""] = read("random.jsonl").split("\n");
    const { problems } = await judge(first.replace('"runs":1', '"runs":2'), api);
    expect(problems.map(({ name }) => name)).toEqual(["random-0000"]);
    expect(problems[0]?.difference).toContain(".runs: expected 2, found 1");
  });
});
