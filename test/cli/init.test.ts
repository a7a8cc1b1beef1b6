import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { cliHome, type CliHome } from "../rig/cli.ts";
import { onTerminal } from "../rig/terminal.ts";

const has = (home: CliHome, name: string): boolean => existsSync(join(home.directory, name));

describe("flowctl init", () => {
  it("asks for the language on a terminal", async () => {
    await using home = cliHome();
    const { code, output } = await onTerminal(
      home,
      ["init"],
      [
        ["How do you want", "\u001b[B"],
        ["shell scripts", "\r"],
      ],
    );
    expect(output).toContain("How do you want to write flows?");
    expect([code, has(home, "first.yaml"), has(home, "first.ts")]).toEqual([0, true, false]);
    expect(readFileSync(join(home.directory, "first.yaml"), "utf8")).toMatch(
      /^# yaml-language-server: \$schema=\.\/flow\.schema\.json\n/,
    );
  });

  it("writes nothing when the question is left", async () => {
    await using home = cliHome();
    const { code } = await onTerminal(home, ["init"], [["How do you want", "\u0003"]]);
    expect(code).not.toBe(0);
    expect([has(home, "first.ts"), has(home, "first.yaml"), has(home, "flowctl.config.yaml")]).toEqual([
      false,
      false,
      false,
    ]);
  });

  it("names the next command as it can be typed, also after npx", async () => {
    await using home = cliHome();
    expect((await home.run(["init", "one"])).stdout).toContain("next: flowctl run one/first.ts\n");
    const byNpx = await home.run(["init", "two"], { env: { npm_command: "exec" } });
    expect(byNpx.stdout).toContain("next: npx flowctl run two/first.ts\n");
  });

  it("does not ask where nobody sits, nor with --no-input, nor when it is told", async () => {
    await using home = cliHome();
    expect((await home.run(["init", "one"])).stdout).toContain("wrote one/first.ts");
    expect((await onTerminal(home, ["init", "two", "--no-input"], [])).output).not.toContain("How do you want");
    expect((await onTerminal(home, ["init", "three", "--template", "yaml"], [])).output).toContain(
      "wrote three/first.yaml",
    );
    const wrong = await home.run(["init", "four", "--template", "toml"]);
    expect([wrong.code, wrong.stderr]).toEqual([2, expect.stringContaining("one of ts, yaml")]);
    expect(has(home, "four")).toBe(false);
  });

  it("does not ask on a terminal of no columns, where the question could not be read", async () => {
    await using home = cliHome();
    const { code, output } = await onTerminal(home, ["init"], [], { columns: 0 });
    expect([code, has(home, "first.ts")]).toEqual([0, true]);
    expect(output).toMatch(/^wrote first\.ts\r\n/);
  });

  it("keeps what is there, and writes what is not", async () => {
    await using home = cliHome();
    home.write("flowctl.config.yaml", "concurrency: 3\n");
    const { code, stdout } = await home.run(["init", "--template", "yaml"]);
    expect(code).toBe(0);
    expect(stdout).toContain("wrote first.yaml\n");
    expect(stdout).toContain("kept  flowctl.config.yaml\n");
    expect(readFileSync(join(home.directory, "flowctl.config.yaml"), "utf8")).toBe("concurrency: 3\n");
  });
});
