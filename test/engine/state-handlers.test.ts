import { describe, expect, it } from "vitest";
import { EndRun, Fail, Pause, Retry } from "../../src/model/signal.ts";
import { state, type State } from "../../src/model/state.ts";
import type { TaskStateHandler } from "../../src/model/task.ts";
import { NOTIFIER } from "../../src/model/notifier.ts";
import { anyFailed } from "../../src/model/triggers.ts";
import { edge, graph, node, run, taskStates, type Body } from "./rig.ts";

const boom = (): never => {
  throw new Error("boom");
};
const on =
  (type: string, act: () => State | undefined): TaskStateHandler =>
  (_task, _from, to) =>
    to.type === type ? act() : undefined;
const raise = (thrown: unknown) => (): never => {
  throw thrown;
};

async function witnessed(body: Body, handler: TaskStateHandler, retries = 0) {
  const seen: string[] = [];
  let calls = 0;
  const a = node(
    "a",
    (inputs, context) => {
      calls += 1;
      return body(inputs, context);
    },
    {
      retry: { max: retries },
      stateHandlers: [
        (_task, from, to) => {
          seen.push(`${from.type}->${to.type}`);
        },
        handler,
      ],
    },
  );
  const { taskStates: states, state: reached } = await run(graph([a]));
  return { seen, calls, state: states.get(a) as State, run: reached };
}

describe("a state handler of a task", () => {
  it("may replace the new state: no retry for a failure made good", async () => {
    const after = await witnessed(
      boom,
      on("Failed", () => state("Success", { result: 99 })),
      1,
    );
    expect(after).toMatchObject({ calls: 1, state: { type: "Success", result: 99 } });
  });

  it("keeps the body from running by replacing Running", async () => {
    const after = await witnessed(
      () => 1,
      on("Running", () => state("Skipped")),
    );
    expect(after).toMatchObject({ calls: 0, state: { type: "Skipped" } });
  });

  it("that throws ends the task Failed, unseen by handlers and without a retry", async () => {
    const after = await witnessed(boom, on("Failed", raise(new Error("handler broke"))), 2);
    expect(after).toMatchObject({ calls: 1, seen: ["Pending->Running", "Running->Failed"] });
    expect(after.state).toMatchObject({ type: "Failed", message: expect.stringContaining("handler broke") as string });
  });

  it("that throws on Running keeps the body from running; on Success the success is lost", async () => {
    expect(await witnessed(() => 1, on("Running", raise(new Error("x"))))).toMatchObject({
      calls: 0,
      state: { type: "Failed" },
    });
    expect(await witnessed(() => 1, on("Success", raise(new Error("x"))))).toMatchObject({
      calls: 1,
      state: { type: "Failed" },
    });
  });

  it("ends the task with Pause and EndRun", async () => {
    expect(await witnessed(boom, on("Failed", raise(new Pause("look"))), 2)).toMatchObject({
      calls: 1,
      state: { type: "Paused" },
      run: { type: "Paused" },
    });
    expect(await witnessed(boom, on("Failed", raise(new EndRun(state("Cancelled")))), 2)).toMatchObject({
      state: { type: "Cancelled" },
    });
  });

  it("decides the next state by another signal: Fail on Success is retried, and only its own Failed is not announced", async () => {
    const after = await witnessed(() => 1, on("Success", raise(new Fail("not good enough"))), 1);
    expect(after).toMatchObject({ calls: 2, state: { type: "Failed" } });
    expect(after.seen).toEqual([
      "Pending->Running",
      "Running->Success",
      "Failed->Retrying",
      "Retrying->Running",
      "Running->Success",
    ]);
  });

  it("counts attempts for a Retry of its own making", async () => {
    let left = 2;
    const attempts: number[] = [];
    await witnessed(
      (_, { attempt }) => {
        attempts.push(attempt);
        return boom();
      },
      on("Failed", () => {
        if (left-- > 0) throw new Retry("again");
        return undefined;
      }),
    );
    expect(attempts).toEqual([1, 2, 3]);
  });

  it("that returns something else than a state gets a clear error", async () => {
    const after = await witnessed(() => 1, (() => 5) as unknown as TaskStateHandler);
    expect(after).toMatchObject({ calls: 0, state: { type: "Failed" } });
    expect(after.state.message).toMatch(/returned 5, which is not a state/);
  });

  it("is awaited, and the next sees what it made", async () => {
    const seen: string[] = [];
    const a = node("a", () => 1, {
      stateHandlers: [
        async (_task, _from, to) =>
          to.type === "Success" ? Promise.resolve(state("Success", { result: 2 })) : undefined,
        (_task, _from, to) => {
          seen.push(`${to.type} ${String(to.result)}`);
        },
      ],
    });
    const { taskStates: states } = await run(graph([a]));
    expect([seen, states.get(a)?.result]).toEqual([["Running null", "Success 2"], 2]);
  });

  it("comes in order: the task's own, onFailure at each failed attempt, then config's", async () => {
    const said: string[] = [];
    const a = node("a", boom, {
      retry: { max: 1 },
      stateHandlers: [(_t, _f, to) => void said.push(`own ${to.type}`)],
      onFailure: (_t, failed) => said.push(`onFailure ${failed.type}`),
    });
    await run(graph([a]), { taskHandlers: () => [(_t, _f, to) => void said.push(`config ${to.type}`)] });
    const attempt = ["own Running", "config Running", "own Failed", "onFailure Failed", "config Failed"];
    expect(said).toEqual([...attempt, "own Retrying", "config Retrying", ...attempt]);
  });
});

describe("notifiers", () => {
  const notifier = { [NOTIFIER]: true as const, to: "team" };
  it("are not called but handed on with the state that stands after the last handler", async () => {
    const a = node("a", boom, { stateHandlers: [notifier, on("Failed", () => state("Skipped"))] });
    const { events } = await run(graph([a]));
    expect(taskStates(events).map((each) => [each.to.type, each.notifiers])).toEqual([
      ["Running", [notifier]],
      ["Skipped", [notifier]],
    ]);
  });

  it("of config do not hear of a notification task that was not needed", async () => {
    const heard: string[] = [];
    const a = node("a");
    const alert = node("alert", () => 1, { kind: "notification", trigger: anyFailed });
    const { state: reached, types } = await run(graph([a, alert], [edge(a, alert)]), {
      taskHandlers: (task) => [(_t, _f, to) => void heard.push(`${task.name} ${to.type}`)],
    });
    expect([reached.type, types["alert"]]).toEqual(["Success", "TriggerFailed"]);
    expect(heard).toEqual(["a Running", "a Success"]);
  });
});

describe("state handlers of a flow", () => {
  const flowRun = async (handler: (to: State) => State | undefined, body: Body = () => 1) => {
    const seen: string[] = [];
    let calls = 0;
    const a = node("a", (i, c) => {
      calls += 1;
      return body(i, c);
    });
    const { state: reached } = await run(
      graph([a], [], {
        stateHandlers: [
          (_flow, from, to) => {
            seen.push(`${from.type}->${to.type}`);
          },
          (_flow, _from, to) => handler(to),
        ],
      }),
    );
    return { seen, calls, state: reached };
  };

  it("see Scheduled->Running and the end, whatever the tasks do in between", async () => {
    expect((await flowRun(() => undefined, boom)).seen).toEqual(["Scheduled->Running", "Running->Failed"]);
  });

  it("that throw on Running keep every task from running", async () => {
    expect(await flowRun((to) => (to.type === "Running" ? boom() : undefined))).toMatchObject({
      calls: 0,
      state: { type: "Failed" },
    });
  });

  it("may decide how the run ends, but not leave it without an end", async () => {
    expect((await flowRun((to) => (to.type === "Failed" ? state("Success") : undefined), boom)).state.type).toBe(
      "Success",
    );
    expect((await flowRun((to) => (to.type === "Success" ? state("Running") : undefined))).state).toMatchObject({
      type: "Failed",
    });
  });

  it("follow the terminal state handler, which sees the reference states", async () => {
    const types: string[] = [];
    const { state: reached } = await run(
      graph([node("a")], [], {
        terminalStateHandler: (_flow, _state, reference) => {
          types.push(...reference.map((each) => each.type));
          return state("Failed", { message: "says the terminal handler" });
        },
      }),
    );
    expect([types, reached.message]).toEqual([["Success"], "says the terminal handler"]);
  });
});
