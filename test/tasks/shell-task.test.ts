import { describe, expect, expectTypeOf, it } from "vitest";
import { flow, shell, task } from "../../src/index.ts";
import { runFlow } from "../../src/engine/run-flow.ts";
import { systemClock } from "../../src/host/clock.ts";
import type { RunEvent } from "../../src/model/event.ts";
import type { Flow } from "../../src/model/flow.ts";

async function run(subject: Flow, secrets: Readonly<Record<string, string>> = {}) {
  const events: RunEvent[] = [];
  const result = await runFlow(subject, {
    runId: "r1",
    params: {},
    recorder: { record: (event) => void events.push(event) },
    clock: systemClock(),
    random: Math.random,
    secret: async (name) => secrets[name] ?? "",
  });
  const states = Object.fromEntries([...result.taskStates].map(([each, state]) => [each.name, state]));
  return { ...result, states, events };
}

describe("shell() in a flow", () => {
  it("is a task whose output others take, and whose lines are its log", async () => {
    const list = shell({
      name: "list",
      script: "echo a; echo b; echo note >&2; echo rows=2 >> $FLOWCTL_OUTPUT",
      capture: "lines",
    });
    const join = task(
      "join",
      ({ lines, rows }: { lines: string[]; rows: string | undefined }) => `${lines.join("+")}=${rows ?? ""}`,
    );
    const { states, events } = await run(
      flow("f", () => {
        const listed = list();
        join({ lines: listed.stdout, rows: listed.outputs["rows"] });
      }),
    );
    expect(states["join"]).toMatchObject({ type: "Success", result: "a+b=2" });
    const output = events.filter((event) => event.type === "task-output");
    expect(output.map((event) => [event.task, event.stream, event.text])).toEqual(
      expect.arrayContaining([
        ["list", "stdout", "a"],
        ["list", "stderr", "note"],
      ]),
    );
  });

  it("takes inputs from other tasks, which win over its own, with its environment joined to theirs", async () => {
    const say = shell({ name: "say", script: 'echo "$GREETING $NAME"', env: { GREETING: "hello", NAME: "nobody" } });
    const { states } = await run(
      flow("f", () => {
        say({ env: { NAME: "Ada" } });
      }),
    );
    expect(states["say"]?.result).toMatchObject({ stdout: "hello Ada" });
  });

  it("fails with the exit code, is retried like any task, and is given the secrets it declares", async () => {
    const once = shell({
      name: "once",
      script: '[ "$FLOWCTL_ATTEMPT" = 2 ] || exit 9; echo "$TOKEN"',
      retry: 1,
      secrets: ["TOKEN"],
    });
    const { states, events } = await run(
      flow("f", () => {
        once();
      }),
      { TOKEN: "t" },
    );
    expect(states["once"]).toMatchObject({ type: "Success", result: { stdout: "t" } });
    expect(events.some((event) => event.type === "task-state" && event.to.message === "exit code 9")).toBe(true);
    expect(once.create().secrets).toEqual(["TOKEN"]);
  });

  it("is ended by its timeout with its whole process group", async () => {
    const slow = shell({ name: "slow", script: "sleep 100 & wait", timeout: 50 });
    const { states } = await run(
      flow("f", () => {
        slow();
      }),
    );
    expect(states["slow"]?.type).toBe("TimedOut");
  });

  it("has the type of what it captures", () => {
    const lines = shell({ script: "", capture: "lines" });
    const text = shell({ script: "" });
    expectTypeOf<Awaited<ReturnType<(typeof lines)["run"]>>["stdout"]>().toEqualTypeOf<string[]>();
    expectTypeOf<Awaited<ReturnType<(typeof text)["run"]>>["stdout"]>().toEqualTypeOf<string>();
    expect([lines.name, text.name, shell({ argv: ["/bin/true"] }).name]).toEqual(["shell", "shell", "true"]);
  });
});
