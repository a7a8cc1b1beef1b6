import { describe, expect, it } from "vitest";
import { neededSecrets } from "../../src/coordinator/needed-secrets.ts";
import { webhookTask } from "../../src/tasks/webhook-task.ts";
import { load, run, shown } from "./rig.ts";

describe("a spec's variables", () => {
  it("are made once, each may read those before it, and a script's own are seen by its expressions", async () => {
    const { flow } = await load(
      `
env: { A: "\${{ env.A }}x", B: "\${{ env.A }}y" }
tasks:
  a: { run: 'echo "$A $B $C \${{ env.C }} \${{ env.A }}"', env: { B: task, C: "\${{ env.B }}z" } }
`,
      { variables: { A: "1" } },
    );
    expect((await run(flow)).results["a"]).toMatchObject({ stdout: "1x task taskz taskz 1x" });
  });

  it("need their secrets where they are read: in every script, and where an expression says env", async () => {
    const { flow } = await load(`
secrets: [THERE]
env: { TOKEN: "\${{ secrets.TOKEN }}", WORDS: "secrets.NONE" }
tasks:
  script: { run: "true" }
  plain: { uses: echo }
  reads: { uses: echo, with: { x: "\${{ env.WORDS }}" } }
  each: { foreach: "\${{ [env.WORDS] }}", uses: echo }
  own: { uses: echo, secrets: [OWN] }
result: "\${{ env.WORDS }}"
`);
    expect(flow.secrets).toEqual(["THERE"]);
    expect(flow.tasks.map(({ name, secrets }) => [name, ...secrets])).toEqual([
      ["script", "TOKEN"],
      ["plain"],
      ["reads", "TOKEN"],
      ["each"],
      ["own", "OWN"],
      ["each.foreach", "TOKEN"],
      ["result", "TOKEN"],
    ]);
    const { state } = await run(flow, { secrets: { TOKEN: "s3cret" } });
    expect(state).toMatchObject({ type: "Success", result: "secrets.NONE" });
  });
});

it("a secret may be named as in config, in env and with", async () => {
  const { flow } = await load(
    `
tasks:
  script: { run: "echo $TOKEN", env: { TOKEN: { secret: TOKEN } } }
  code: { uses: echo, with: { x: [{ secret: OTHER }], y: { secret: OTHER, more: 1 } } }
  told: { uses: webhook, with: { message: x, url: { secret: URL } } }
`,
    { tasks: { echo: async () => (given: unknown) => given, webhook: async () => webhookTask } },
  );
  expect(Object.fromEntries(neededSecrets({ flow, flowHandlers: [] }, { channels: {} } as never, []).tasks)).toEqual({
    TOKEN: ['task "script"'],
    OTHER: ['task "code"'],
    URL: ['task "told"'],
  });
  const { results } = await run(flow, { secrets: { TOKEN: "s3cret", OTHER: "other" } });
  expect(results["script"]).toMatchObject({ stdout: "s3cret" });
  expect(results["code"]).toEqual({ x: ["other"], y: { secret: "OTHER", more: 1 } });
  expect(await shown("tasks: { a: { run: x, env: { A: { secret: no-name } } } }\n")).toContain("a secret's name is");
});

it("secrets of a task are for the code it uses", async () => {
  expect(await shown("tasks: { a: { run: x, secrets: [X] } }\n")).toContain("secrets: goes with uses:");
});
