import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { importModule } from "../../src/load/import-module.ts";
import { NOTIFIER } from "../../src/model/notifier.ts";
import { load, problems, run, shown } from "./rig.ts";

describe("a spec", () => {
  it("runs scripts whose outputs are stdout and what they wrote to $FLOWCTL_OUTPUT", async () => {
    const { flow } = await load(`
flow: two
tasks:
  extract:
    run: |
      echo rows
      echo "count=3" >> "$FLOWCTL_OUTPUT"
  load:
    run: echo "\${{ tasks.extract.outputs.count }} \${{ tasks.extract.outputs.stdout }}"
`);
    const { state, results } = await run(flow);
    expect(state.type).toBe("Success");
    expect(results["load"]).toMatchObject({ stdout: "3 rows" });
  });

  it("makes an edge of each output that is read, and of needs an edge without a key", async () => {
    const { flow } = await load(`
tasks:
  c: { uses: echo, needs: [b], with: { x: "\${{ tasks.a.outputs }}" } }
  a: { run: "true" }
  b: { run: "true" }
`);
    expect(flow.name).toBe("flow");
    expect(flow.edges.map(({ from, to, key }) => [from.name, to.name, key])).toEqual([
      ["b", "c", undefined],
      ["a", "c", "outputs_of_a"],
    ]);
  });

  it("keeps the type of a value that is one expression, and counts with whole numbers and others", async () => {
    const { flow } = await load(`
params: { n: 3, f: { type: number, default: 1.5 }, list: { default: [1, 2] }, on: yes, s: "1" }
tasks:
  a:
    uses: echo
    with:
      n: "\${{ params.n }}"
      sum: "\${{ params.n * params.f + 1 }}"
      text: "n=\${{ params.n }} l=\${{ params.list }} $\${{ x }}"
      list: ["\${{ params.list[0] + 1 }}", "\${{ params.list }}"]
      map: { deep: "\${{ params.n > 2 ? 'big' : 'small' }}" }
      json: "\${{ json(params.list) }}"
      names: "\${{ params.list.map(x, x * 2) }}"
`);
    const { results } = await run(flow, { params: { n: 3, f: 1.5, list: [1, 2] } });
    expect(results["a"]).toEqual({
      n: 3,
      sum: 5.5,
      text: "n=3 l=[1,2] ${{ x }}",
      list: [2, [1, 2]],
      map: { deep: "big" },
      json: "[1,2]",
      names: [2, 4],
    });
    expect(flow.params).toMatchObject({
      declarations: [
        { name: "n", type: "integer", default: 3, required: false },
        { name: "f", type: "number" },
        { name: "list" },
        { name: "on", type: "string", default: "yes" },
        { name: "s", type: "string", default: "1" },
      ],
    });
  });

  it("runs a task under its trigger: by name, by bounds, and by an expression over states", async () => {
    const { flow } = await load(`
tasks:
  build: { run: exit 3 }
  lint: { run: "true", if: "false" }
  test: { run: "true" }
  alert: { uses: echo, needs: [build], trigger: any_failed }
  either: { uses: echo, trigger: build.failed && lint.skipped && test.succeeded }
  neither: { uses: echo, trigger: "\${{ test.failed || build.succeeded }}" }
  half: { uses: echo, needs: [build, test], trigger: { some_failed: { at_least: 1, at_most: 1 } } }
`);
    const { states, state } = await run(flow);
    expect(states).toEqual({
      build: "Failed",
      lint: "Skipped",
      test: "Success",
      alert: "Success",
      either: "Success",
      neither: "TriggerFailed",
      half: "Success",
    });
    expect(state.type).toBe("Failed");
  });

  it("hands the error of a failed upstream on as an Error", async () => {
    const { flow } = await load(`
tasks:
  build: { run: "echo broken; exit 3" }
  alert: { uses: echo, trigger: any_failed, with: { message: "\${{ tasks.build.outputs }}" } }
`);
    const { results } = await run(flow);
    expect((results["alert"] as { message: unknown }).message).toBeInstanceOf(Error);
  });

  it("retries, and takes the flow's defaults where a task says nothing", async () => {
    const { flow } = await load(`
defaults: { retry: 2, timeout: 5m }
tasks:
  a: { run: '[ "$FLOWCTL_ATTEMPT" = 3 ]' }
  b: { run: "true", retry: { max: 1, delay: [1s, 2s], backoff: 2, maxDelay: 1m, jitter: 0.5 }, timeout: 10s }
`);
    expect(flow.tasks.map(({ retry, timeout }) => [retry, timeout])).toEqual([
      [{ max: 2 }, 300_000],
      [{ max: 1, delay: [1000, 2000], backoff: 2, maxDelay: 60_000, jitter: 0.5 }, 10_000],
    ]);
    expect((await run(flow)).states["a"]).toBe("Success");
  });

  it("runs a task once for each item of a list", async () => {
    const { flow } = await load(`
tasks:
  list: { run: "echo '[{\\"id\\": 1}, {\\"id\\": 2}]'", capture: json }
  each:
    foreach: "\${{ tasks.list.outputs.stdout }}"
    as: shop
    max: 1
    run: echo "shop \${{ shop.id }} \${{ index }}"
  sum: { uses: echo, with: { all: "\${{ tasks.each.outputs.map(x, x.stdout) }}" } }
`);
    const { states, results } = await run(flow);
    expect(states).toMatchObject({ each: "Mapped", sum: "Success" });
    expect(results["sum"]).toEqual({ all: ["shop 1 0", "shop 2 1"] });
    expect(flow.pools).toEqual({ "map:each": 1 });
  });

  it("gives scripts the environment: the flow's, the task's, secrets and dotenv files", async () => {
    const directory = mkdtempSync(join(tmpdir(), "flowctl-spec-"));
    writeFileSync(join(directory, ".env"), "# c\nA=from file\nexport B='two words' # c\nPATH=/nowhere\n");
    const { flow } = await load(
      `
dotenv: .env
env: { C: "\${{ env.A }}!", D: flow }
tasks:
  a:
    run: echo "$C $B $D $TOKEN"; pwd
    env: { D: task, TOKEN: "\${{ secrets.TOKEN }}" }
`,
      { file: join(directory, "x.yaml") },
    );
    expect(flow.tasks[0]!.secrets).toEqual(["TOKEN"]);
    const { results } = await run(flow, { secrets: { TOKEN: "s3cret" } });
    expect(results["a"]).toMatchObject({ stdout: expect.stringContaining("from file!") as string });
  });

  it("runs a list as a program without a shell", async () => {
    const { flow } = await load(`
params: { x: "a; b $(c)" }
tasks:
  a: { run: [printf, "%s|", "\${{ params.x }}", 5] }
`);
    const { results } = await run(flow, { params: { x: "a; b $(c) '" } });
    expect(results["a"]).toMatchObject({ stdout: "a; b $(c) '|5|" });
  });

  it("reaches code by ./file.ts#export: functions, tasks and state handlers", async () => {
    const directory = mkdtempSync(join(tmpdir(), "flowctl-spec-"));
    writeFileSync(
      join(directory, "tasks.mjs"),
      "export const load = ({ rows }, ctx) => `${rows} rows of ${ctx.taskName}`;\nexport const seen = [];\nexport const audit = (task, from, to) => { seen.push(to.type); };\n",
    );
    const { flow } = await load(
      "tasks:\n  load: { uses: './tasks.mjs#load', with: { rows: 4 }, stateHandlers: [{ uses: './tasks.mjs#audit' }] }\n",
      { file: join(directory, "x.yaml"), importModule: (path) => importModule(path) },
    );
    expect((await run(flow)).results["load"]).toBe("4 rows of load");
    const { seen } = (await importModule(join(directory, "tasks.mjs"))) as { seen: string[] };
    expect(seen).toEqual(["Running", "Success"]);
  });

  it("attaches the notifiers that flowctl ships, and its own hooks", async () => {
    const slackNotifier = async () => (options: { channel: string }) => ({ [NOTIFIER]: true, to: options.channel });
    const { flow, hooks } = await load(
      `
flow: nightly
tasks: { a: { run: "true", stateHandlers: [{ uses: slackNotifier, with: { channel: team } }] } }
stateHandlers: [{ uses: slackNotifier, with: { channel: all } }]
hooks: [{ name: told, states: [Failed], to: oncall }]
`,
      { handlers: { slackNotifier } },
    );
    expect(flow.tasks[0]!.stateHandlers).toMatchObject([{ to: "team" }]);
    expect(flow.stateHandlers).toMatchObject([{ to: "all" }]);
    expect(hooks).toEqual([{ name: "told", match: { flows: ["nightly"] }, states: ["Failed"], to: ["oncall"] }]);
  });

  it("takes a notification task's ways from the library", async () => {
    const slack = async () => ({
      [Symbol.for("flowctl.task")]: true,
      name: "slack",
      kind: "notification",
      secretsFor: (constants: Record<string, unknown>) =>
        constants["channel"] === undefined ? ["SLACK_WEBHOOK_URL"] : [],
      run: (inputs: unknown) => inputs,
    });
    const { flow } = await load(
      `
tasks:
  work: { run: "true" }
  alert: { uses: slack, needs: work, trigger: any_failed, with: { message: x } }
`,
      { tasks: { slack } },
    );
    expect(flow.tasks[1]).toMatchObject({ kind: "notification", skipOnUpstreamSkip: false });
    expect(flow.constants.get(flow.tasks[1]!)).toEqual({ message: "x" });
    expect(flow.tasks[1]!.secretsFor!({ message: "x" }, new Set())).toEqual(["SLACK_WEBHOOK_URL"]);
    const { state, states } = await run(flow);
    expect([state.type, states["alert"]]).toEqual(["Success", "TriggerFailed"]);
  });

  it("reads a parameter from its environment variable, as its type", async () => {
    const text = "params: { n: { type: integer, env: N, default: 1 } }\ntasks: { a: { run: 'true' } }\n";
    const { flow } = await load(text, { variables: { N: "7" } });
    expect(flow.params).toMatchObject({ declarations: [{ name: "n", default: 7 }] });
    expect(await problems(load(text, { variables: { N: "x" } }))).toMatchObject([{ code: "PARAM_ENV" }]);
  });

  it("tells all of its mistakes at once, each at its place", async () => {
    const text = await shown(`flow: x
params: { date: { type: string } }
tasks:
  extract: { run: "./x --date \${{ params.dat }}", timout: 5m }
  load:
    needs: [extrct]
    trigger: any_faild
    run: |
      echo ok
      echo '\${{ params.date }}'
  a: { uses: ehco, needs: b }
  b: { uses: echo, needs: a, with: { x: "\${{ tasks.load.output }} \${{ 1 + }}" } }
`);
    const heads = text
      .split("\n")
      .filter((line) => /^error|-->/.test(line))
      .map((line) => line.replace(/:.*?"?$/, (rest) => (line.includes("-->") ? rest : "")));
    expect(heads).toEqual([
      "error[UNKNOWN_PARAM]",
      "  --> flow.yaml:4:35",
      "error[UNKNOWN_KEY]",
      "  --> flow.yaml:4:51",
      "error[UNKNOWN_TASK]",
      "  --> flow.yaml:6:13",
      "error[UNKNOWN_TRIGGER]",
      "  --> flow.yaml:7:14",
      "error[SCRIPT_QUOTING]",
      "  --> flow.yaml:10:13",
      "error[FLOW_CYCLE]",
      "  --> flow.yaml:11:3",
      "error[UNKNOWN_USES]",
      "  --> flow.yaml:11:14",
      "error[UNKNOWN_OUTPUT]",
      "  --> flow.yaml:12:46",
      "error[EXPRESSION_SYNTAX]",
      "  --> flow.yaml:12:73",
    ]);
  });
});

describe("a task that runs for several lists side by side", () => {
  it("sees each list's item by its name", async () => {
    const { flow } = await load(`
tasks:
  sum: { foreach: { a: [1, 2], b: ["x", "y"] }, as: both, uses: echo, with: { v: "\${{ a }}\${{ item.b }}\${{ both.b }}\${{ index }}" } }
  all: { uses: echo, with: { v: "\${{ tasks.sum.outputs }}" } }
`);
    expect((await run(flow)).results["all"]).toEqual({ v: [{ v: "1xx0" }, { v: "2yy1" }] });
  });
});

describe("a retry for some errors only", () => {
  it("goes by the names of classes, also of those they descend from", async () => {
    const calls = { a: 0, b: 0 };
    const { flow } = await load(
      "tasks:\n  a: { uses: typed, retry: { max: 2, on: TypeError } }\n  b: { uses: ranged, retry: { max: 2, on: [TypeError] } }\n",
      {
        tasks: {
          typed: async () => () => {
            calls.a += 1;
            throw new (class Special extends TypeError {})("x");
          },
          ranged: async () => () => {
            calls.b += 1;
            throw new RangeError("x");
          },
        },
      },
    );
    await run(flow);
    expect(calls).toEqual({ a: 3, b: 1 });
  });
});

it("an if: that is not true or false fails its task, and says what it is", async () => {
  const { flow } = await load(
    "params: { w: 'false', n: 0, on: false }\ntasks: { w: { run: 'true', if: params.w }, n: { run: 'true', if: params.n }, on: { run: 'true', if: params.on } }\n",
  );
  const { messages, states } = await run(flow, { params: { w: "false", n: 0, on: false } });
  expect(states).toEqual({ w: "Failed", n: "Failed", on: "Skipped" });
  expect(messages).toMatchObject({
    w: 'if: params.w is text "false", and must be true or false',
    n: "if: params.n is the number 0, and must be true or false",
    on: "if: params.on is false",
  });
});
