import { describe, expect, it } from "vitest";
import { Flow, Parameter, Task, UserError, flow, task } from "../../src/index.ts";
import { validateFlow } from "../../src/authoring/validate.ts";

class Load extends Task<{ rows?: unknown }, null> {
  run({ rows }: { rows?: unknown }) {
    return rows === undefined ? null : null;
  }
}
const messages = (made: Flow): readonly string[] => validateFlow(made).map((each) => each.message);

describe("a flow's graph is always checked", () => {
  it("shows a cycle as a way round", () => {
    const made = new Flow("f");
    const [a, b, c] = [new Load({ name: "a" }), new Load({ name: "b" }), new Load({ name: "c" })];
    made.chain(c, a, b, a);
    expect(messages(made)).toEqual(['Flow "f": tasks wait for each other: a → b → a.']);
    expect(() => made.sortedTasks()).toThrow("a → b → a");
    const self = new Flow("self");
    self.chain(a, a);
    expect(messages(self)).toEqual(['Flow "self": tasks wait for each other: a → a.']);
  });

  it("names every problem at once", () => {
    const made = new Flow("f");
    const [a, load] = [new Load({ name: "a" }), new Load({ name: "load" })];
    made.addEdge(a, load, { key: "rows" });
    made.setConstant(load, "rows", 1);
    made.setConstant(load, "rows!", 1);
    made.addEdge(a, load, { key: "row" });
    made.addEdge(a, load, { key: "2 words" });
    made.addEdge(a, new Parameter("date"));
    expect(messages(made)).toEqual([
      'Flow "f": task "load" cannot have an input named "2 words".',
      'Flow "f": parameter "date" cannot wait for task "a": parameters come first.',
      'Flow "f": task "load" cannot have an input named "rows!".',
      'Flow "f": task "load" is given its input "rows" twice.',
      'Flow "f": task "load" has no input "row".',
      'Flow "f": task "load" has no input "2 words".',
      'Flow "f": task "load" has no input "rows!".',
    ]);
    expect(validateFlow(made).find((each) => each.message.includes('"row"'))).toMatchObject({
      code: "FLOW_UNKNOWN_INPUT",
      help: 'Did you mean "rows"?',
      file: expect.stringMatching(/validate\.test\.ts$/) as string,
    });
    expect(() => {
      made.validate();
    }).toThrow(UserError);
  });

  it("refuses unknown inputs of functions as soon as the flow is made", () => {
    const getValue = task("get-value", () => 1);
    const load = task("load", ({ rows = [], ...rest }: { rows?: unknown[]; more?: number }) => [rows, rest]);
    expect(() => flow("f", () => void (getValue as (inputs: object) => unknown)({ x: 1 }))).toThrow(
      'task "get-value" has no input "x"',
    );
    expect(flow("f", () => void load({ more: 1 })).tasks).toHaveLength(1);
  });

  it("refuses two tasks with one slug of their own, and missing inputs that a task declares", () => {
    class Needs extends Load {
      readonly requiredInputs = ["rows"];
    }
    const made = new Flow("f");
    made.addTask(new Load({ slug: "s" }));
    made.addTask(new Needs({ slug: "s", name: "needs" }));
    expect(messages(made)).toEqual([
      'Flow "f": task "needs" is not given its input "rows".',
      'Flow "f": two tasks have the slug "s".',
    ]);
  });

  it("walks a chain of a hundred thousand tasks without running out of stack", () => {
    const made = new Flow("f");
    made.chain(...Array.from({ length: 100_000 }, () => new Load()));
    expect(messages(made)).toEqual([]);
  });
});
