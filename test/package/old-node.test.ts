import { execFileSync, spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

const BIN = fileURLToPath(new URL("../../bin/flowctl.js", import.meta.url));

test.each(["18.20.4", "20.18.3", "16.0.0"])(
  "on Node %s the executable says what it needs and exits with 2",
  (version) => {
    const source = readFileSync(BIN, "utf8")
      .replace("process.versions.node", JSON.stringify(version))
      .replaceAll("process.versions.node", JSON.stringify(version));
    const { status, stderr } = spawnSync(process.execPath, ["--input-type=module", "-e", source], { encoding: "utf8" });
    expect(status).toBe(2);
    expect(stderr).toBe(`flowctl needs Node 20.19 or newer; this is ${version}\n`);
  },
);

test("the executable is written in words that every Node of ten years understands", () => {
  const source = readFileSync(BIN, "utf8");
  expect(source).not.toMatch(/=>|`|\?\.|\?\?|^(?:import|export) |\b(?:const|let|await)\b/m);
  expect(() => execFileSync(process.execPath, ["--check", BIN])).not.toThrow();
});
