import { readdirSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { userError } from "../../src/model/error.ts";
import { renderDiagnostics } from "../../src/reporters/diagnostics.ts";
import { LIBRARY } from "../../src/coordinator/library.ts";
import { load, problems } from "./rig.ts";

const directory = join(import.meta.dirname, "wrong");
const specs = readdirSync(directory).filter((name) => name.endsWith(".yaml"));

/** Every file of `wrong/` is one mistake that people make; what they are told stands beside it. */
describe("a wrong spec", () => {
  it("is one of at least 150", () => {
    expect(specs.length).toBeGreaterThanOrEqual(150);
  });

  it.each(specs)("%s is told as expected, at a place inside of the file", async (name) => {
    const text = readFileSync(join(directory, name), "utf8");
    const file = join(tmpdir(), "flow.yaml");
    const any = async () => (inputs: unknown) => inputs;
    const found = await problems(
      load(text, {
        file,
        tasks: { echo: any, slack: any, sms: any, http: any, sleep: any, notify: any },
        inputs: { ...LIBRARY.inputs, sleep: { required: [], ...LIBRARY.inputs?.["sleep"], known: ["duration"] } },
        handlers: { slackNotifier: any, smsNotifier: any },
        importModule: async (path) => {
          if (path.endsWith("tasks.ts")) return { load: ({ rows }: { rows?: number }) => rows, limit: 5 };
          throw userError("usage", "LOAD_NOT_FOUND", "there is no such file");
        },
      }),
    );
    const lines = text.split("\n");
    for (const { file: at, line = 0, column = 0 } of found) {
      expect(at).toBe(file);
      expect(column).toBeGreaterThan(0);
      expect(column).toBeLessThanOrEqual((lines[line - 1] ?? "").length + 1);
    }
    await expect(renderDiagnostics(found, { cwd: tmpdir() })).toMatchFileSnapshot(
      join(directory, name.replace(/yaml$/, "txt")),
    );
  });
});
