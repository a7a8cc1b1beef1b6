import { mkdirSync, mkdtempSync, realpathSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { load, problems, run } from "./rig.ts";

describe("the keys of a spec", () => {
  it("that say how things run reach the engine", async () => {
    const { flow } = await load(`
flow: keys
tags: [prod]
secrets: [THERE]
concurrency: 3
pools: { db: 2 }
timeout: 90s
params: { must: { type: date }, may: { type: string, required: false }, one: { enum: [a, b], default: a } }
defaults: { retry: { max: 1, delay: 1s } }
referenceTasks: [first]
tasks:
  first:
    { name: The first, run: x, tags: [t], pool: db, priority: 5, checkpoint: false, timeout: 0, skipOnUpstreamSkip: false }
  cached: { run: x, retry: 0, cache: { for: 2m, key: mine } }
  each: { foreach: [1], max: 4, run: x }
`);
    expect(flow).toMatchObject({
      name: "keys",
      tags: ["prod"],
      secrets: ["THERE"],
      concurrency: 3,
      pools: { db: 2, "map:each": 4 },
      timeout: 90_000,
      chosenReferenceTasks: [{ name: "The first" }],
      params: {
        declarations: [
          { name: "must", type: "date", required: true },
          { name: "may", type: "string", required: false },
          { name: "one", type: "string", enum: ["a", "b"], default: "a", required: false },
        ],
      },
      tasks: [
        {
          name: "The first",
          tags: ["t"],
          pool: "db",
          priority: 5,
          checkpoint: false,
          timeout: 0,
          skipOnUpstreamSkip: false,
          retry: { max: 1, delay: 1000 },
        },
        { retry: { max: 0 }, cache: { for: 120_000, key: "mine" } },
        { pool: "map:each" },
        { name: "each.foreach" },
      ],
    });
  });

  it("that say how a script runs reach the script", async () => {
    const directory = realpathSync(mkdtempSync(join(tmpdir(), "flowctl-keys-")));
    mkdirSync(join(directory, "sub", "deeper"), { recursive: true });
    try {
      const { flow } = await load(
        `
cwd: sub
defaults: { shell: sh }
params: { where: sub/deeper }
tasks:
  all: { run: pwd }
  own: { run: pwd, cwd: "\${{ params.where }}" }
  usual: { run: 'echo "$0"' }
  other: { run: 'echo "$0"', shell: bash }
  program: { run: "console.log(2 + 3)", shell: [node, -e] }
  input: { run: cat, stdin: "in \${{ params.where }}" }
  text: { run: "echo ' a '", capture: text }
  json: { run: "echo '[1]'", capture: json }
  lines: { run: "printf 'a\\\\nb\\\\n'", capture: lines }
  none: { run: "echo x", capture: none }
`,
        { file: join(directory, "flow.yaml") },
      );
      const { results } = await run(flow, { params: { where: "sub/deeper" } });
      const outputs = Object.fromEntries(
        Object.entries(results).map(([key, each]) => [key, (each as { stdout: unknown }).stdout]),
      );
      expect(outputs).toEqual({
        all: join(directory, "sub"),
        own: join(directory, "sub", "deeper"),
        usual: "sh",
        other: "bash",
        program: "5",
        input: "in sub/deeper",
        text: " a ",
        json: [1],
        lines: ["a", "b"],
        none: null,
      });
    } finally {
      rmSync(directory, { recursive: true });
    }
  });

  it("that wait for a list only are refused without it", async () => {
    expect(await problems(load("tasks: { a: { run: x, max: 2, as: y, tolerate: 1 } }\n"))).toHaveLength(3);
  });
});
