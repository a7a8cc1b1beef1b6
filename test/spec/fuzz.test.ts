import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { UserError } from "../../src/model/error.ts";
import { load } from "./rig.ts";

const flows = join(import.meta.dirname, "../../flows");
const texts = readdirSync(flows)
  .filter((name) => name.endsWith(".yaml"))
  .map((name) => readFileSync(join(flows, name), "utf8"));
const PIECES = [
  ...[
    "${{",
    "}}",
    "$${{",
    "{",
    "}",
    "[",
    "]",
    ":",
    "- ",
    "? ",
    "&a ",
    "*a",
    "<<: *a",
    "|",
    ">",
    "'",
    '"',
    "\\",
    "\n",
    "\r\n",
    "\t",
  ],
  ...[
    "#",
    "---\n",
    "...\n",
    "%YAML 1.1\n",
    "!!js/function x",
    "!!binary x",
    "\u0000",
    "\ufeff",
    "\u2028",
    "日本",
    "0",
    "1e999",
    ".nan",
    "~",
  ],
  ...[
    "tasks",
    "tasks.a.outputs",
    "params",
    "secrets.X",
    "item",
    "run",
    "uses",
    "foreach",
    "trigger",
    "__proto__",
    "constructor",
    "toString",
  ],
  ...["${{ params.x.map(x, x) }}", "${{ 1/0 }}", "${{ ''.matches('a') }}", "<<EOF\n", "$((", "`", "eval "],
];
const edit = fc.record({
  at: fc.double({ min: 0, max: 1, noNaN: true }),
  cut: fc.oneof(fc.constant(0), fc.nat(12)),
  put: fc.oneof(fc.constant(""), fc.constantFrom(...PIECES), fc.string({ maxLength: 8, unit: "binary" })),
});

/** Few where a person waits, and many in CI. */
const numRuns = Number(process.env["FLOWCTL_FUZZ_RUNS"] ?? (process.env["CI"] === "true" ? 10_000 : 400));

describe("a spec with any change in it", () => {
  it(`is accepted, or refused with a place inside of the file (${numRuns} changed specs)`, async () => {
    const any = async () => (inputs: unknown) => inputs;
    const library = {
      tasks: { notify: any, slack: any, sms: any },
      handlers: { slackNotifier: any, smsNotifier: any },
    };
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...texts),
        fc.array(edit, { minLength: 1, maxLength: 4 }),
        async (text, edits) => {
          let changed = text;
          for (const { at, cut, put } of edits) {
            const start = Math.floor(at * changed.length);
            changed = changed.slice(0, start) + put + changed.slice(start + cut);
          }
          try {
            await load(changed, library);
          } catch (error) {
            if (!(error instanceof UserError)) throw error;
            const lines = changed.split("\n");
            expect(error.diagnostics.length).toBeGreaterThan(0);
            for (const { line, column, message } of error.diagnostics) {
              expect(line, message).toBeGreaterThan(0);
              expect(line, message).toBeLessThanOrEqual(lines.length);
              expect(column, message).toBeGreaterThan(0);
              expect(column, message).toBeLessThanOrEqual((lines[(line ?? 1) - 1] ?? "").length + 1);
            }
          }
        },
      ),
      { numRuns },
    );
  }, 3_600_000);
});
