import { mkdirSync, mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { channelOf, isChannelType } from "../../src/channels/index.ts";
import { loadConfig } from "../../src/config/load-config.ts";
import { systemFiles } from "../../src/host/files.ts";
import { renderDiagnostics } from "../../src/reporters/diagnostics.ts";
import { environment, problems } from "../spec/rig.ts";

const directory = join(import.meta.dirname, "wrong");

/** Every file of `wrong/` is one mistake that people make; what they are told stands beside it. */
describe("a wrong config", () => {
  it.each(readdirSync(directory).filter((name) => name.endsWith(".yaml")))("%s is told as expected", async (name) => {
    const home = realpathSync(mkdtempSync(join(tmpdir(), "flowctl-config-")));
    try {
      mkdirSync(join(home, ".git"));
      writeFileSync(join(home, "flowctl.config.yaml"), readFileSync(join(directory, name)));
      const found = await problems(
        loadConfig({
          from: home,
          environment: environment(),
          files: systemFiles(),
          importModule: async () => ({}),
          checkChannel: async (definition) =>
            isChannelType(definition.type)
              ? (await channelOf(definition.type)).check(definition)
              : [{ path: "type", message: `there is no type "${definition.type}"` }],
        }),
      );
      const text = renderDiagnostics(found, { cwd: home }).replaceAll(home, "~");
      await expect(text).toMatchFileSnapshot(join(directory, name.replace(/yaml$/, "txt")));
    } finally {
      rmSync(home, { recursive: true });
    }
  });
});
