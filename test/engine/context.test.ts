import { describe, expect, it } from "vitest";
import type { RunEvent } from "../../src/model/event.ts";
import { anyFailed, allFailed } from "../../src/model/triggers.ts";
import { edge, graph, node, run } from "./rig.ts";

describe("what a body is given", () => {
  it("says where it is, and may be taken apart", async () => {
    const seen: unknown[] = [];
    const a = node(
      "a",
      async (_, context) => {
        const { params, attempt, taskName, runId, flowName, tags, signal } = context;
        seen.push(params, attempt, taskName, runId, flowName, tags, await context.secret("KEY"));
        seen.push(context.service("x"), signal.aborted);
      },
      { tags: ["t"] },
    );
    await run(graph([a]), {
      params: { n: 1 },
      secret: async (name) => `value of ${name}`,
      service: (name) => `service ${name}`,
    });
    expect(seen).toEqual([{ n: 1 }, 1, "a", "run", "flow", ["t"], "value of KEY", "service x", false]);
  });

  it("logs lines that are attributed to the task, until the run is over", async () => {
    let late: () => void = () => undefined;
    const a = node("a", (_, { logger }) => {
      logger.info("hello");
      late = () => {
        logger.warn("too late");
      };
    });
    const { events } = await run(graph([a]));
    late();
    expect(events.filter((each) => each.type === "task-output")).toMatchObject([
      { task: "a", stream: "info", text: "hello" },
    ]);
  });

  it("sends notifications with where they come from", async () => {
    const sent: unknown[] = [];
    const a = node("a", (_, context) => context.notify({ to: "team", message: { kind: "text", text: "hi" } }));
    await run(graph([a]), {
      notify: async (request, from) => {
        sent.push(request.to, from);
        return { ids: ["n_1"], outcome: "delivered" };
      },
    });
    expect(sent).toEqual(["team", { task: "a", attempt: 1 }]);
  });

  it("is wrapped by whoever runs it, so that what it writes can be attributed", async () => {
    const within: unknown[] = [];
    await run(graph([node("a")]), {
      within: (task, body) => {
        within.push(task);
        return body();
      },
    });
    expect(within).toEqual([{ name: "a" }]);
  });
});

describe("a notification task", () => {
  const boom = (): never => {
    throw new Error("boom");
  };

  it("does not count literals, parameters and secrets in its trigger; another task does", async () => {
    const work = node("work", boom);
    const text = node("text", () => "t", { kind: "parameter" });
    const alert = node("alert", () => "told", { kind: "notification", trigger: allFailed });
    const other = node("other", () => "ran", { trigger: allFailed });
    const edges = [alert, other].flatMap((task) => [edge(work, task), edge(text, task, { key: "text" })]);
    const constants = new Map([alert, other].map((task) => [task, { message: "literal" }]));
    const { types } = await run(graph([work, text, alert, other], edges, { constants }));
    expect(types).toMatchObject({ alert: "Success", other: "TriggerFailed" });
  });

  it("does not count a secret as an upstream task in its trigger", async () => {
    const work = node("work", boom);
    const token = node("token", () => "t", { kind: "secret" });
    const alert = node("alert", () => "sent", { kind: "notification", trigger: allFailed });
    const other = node("other", () => "ran", { trigger: allFailed });
    const edges = [alert, other].flatMap((task) => [edge(work, task), edge(token, task, { key: "token" })]);
    const { types } = await run(graph([work, token, alert, other], edges));
    expect(types).toMatchObject({ alert: "Success", other: "TriggerFailed" });
  });

  it("is not in the way of its flow's verdict, whichever way that goes", async () => {
    const alert = node("alert", () => 1, { kind: "notification", trigger: anyFailed });
    const ends = await Promise.all(
      [node("work"), node("work", boom)].map(
        async (work) => (await run(graph([work, alert], [edge(work, alert)]))).state.type,
      ),
    );
    expect(ends).toEqual(["Success", "Failed"]);
  });
});

describe("the events of a run", () => {
  it("begin with its parameters and the number of tasks a person would count, and end with its end", async () => {
    const { events } = await run(graph([node("a"), node("p", () => 1, { kind: "parameter" })]), { params: { n: 1 } });
    expect(events[0]).toMatchObject({ seq: 1, type: "run-started", flow: "flow", params: { n: 1 }, taskCount: 1 });
    expect(events.at(-1)).toMatchObject({ type: "run-state", from: { type: "Running" }, to: { type: "Success" } });
    const order: readonly RunEvent[] = [...events].sort((a, b) => a.seq - b.seq);
    expect(events).toEqual(order);
  });
});
