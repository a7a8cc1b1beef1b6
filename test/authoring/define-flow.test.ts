import { describe, expect, it } from "vitest";
import { Flow, Task, flow, task, triggers } from "../../src/index.ts";

const getValue = task("get-value", () => "Test SlackTask!");
const say = task("say", ({ message }: { message: unknown }) => message);

const shape = (made: Flow): readonly string[] =>
  made.edges.map((edge) => `${edge.from.name} -${edge.key ?? ""}${edge.mapped ? "*" : ""}-> ${edge.to.name}`);

describe("flow(name, build)", () => {
  it("makes a task of each call and an edge of each reference", async () => {
    const made = flow("f", () => {
      const value = getValue();
      say({ message: value }, { name: "alert", trigger: triggers.anyFailed });
    });
    expect(made.tasks.map((each) => each.name)).toEqual(["get-value", "alert"]);
    expect(shape(made)).toEqual(["get-value -message-> alert"]);
    expect((await made.run()).state.type).toBe("Failed");
  });

  it("numbers the tasks of one name", () => {
    const made = flow("f", () => {
      getValue();
      getValue();
      say({ message: 1 }, { name: "get-value" });
    });
    expect(made.tasks.map((each) => each.name)).toEqual(["get-value", "get-value-2", "get-value-3"]);
  });

  it("collects collections that hold references, and takes fields of references", async () => {
    let said: unknown;
    const tell = task("tell", ({ what }: { what: unknown }) => {
      said = what;
    });
    const make = task("make", () => ({ rows: [{ id: 7 }], name: "n" }));
    const made = flow("f", () => {
      const value = make();
      tell({ what: { text: value.name, ids: [value.rows[0]!.id, 8] } });
    });
    const { state } = await made.run();
    expect(state.type).toBe("Success");
    expect(said).toEqual({ text: "n", ids: [7, 8] });
  });

  it("is the same graph as the imperative form makes", async () => {
    class GetValue extends Task<{}, string> {
      run() {
        return "x";
      }
    }
    class Say extends Task<{ message: string }, string> {
      run({ message }: { message: string }) {
        return message;
      }
    }
    const made = new Flow("imperative");
    const said = new Say();
    said.setUpstream(new GetValue(), { key: "message", flow: made });
    expect(shape(made)).toEqual(["GetValue -message-> Say"]);
    const { taskStates } = await made.run();
    expect(taskStates.get(said)?.result).toBe("x");
  });
});

it("a flow names the secrets that must be there before its first task, by name", () => {
  expect(flow("a", { secrets: ["TOKEN"] }, () => undefined).secrets).toEqual(["TOKEN"]);
  expect(flow("a", () => undefined).secrets).toEqual([]);
  expect(() => flow("a", { secrets: [""] }, () => undefined)).toThrow('option "secrets" must be a list of names');
});
