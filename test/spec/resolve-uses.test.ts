import { describe, expect, it } from "vitest";
import { LIBRARY } from "../../src/coordinator/library.ts";
import { load, problems } from "./rig.ts";

describe("options of a state handler", () => {
  it("are told at their place where the handler refuses them", async () => {
    const throws = async () => () => {
      throw new Error("no word");
    };
    const found = await problems(
      load(
        `tasks:
  a: { run: x, stateHandlers: [{ uses: slackNotifier, with: { chanel: team } }] }
  b: { run: x, stateHandlers: [{ uses: slackNotifier, with: { channel: team, onlyStates: [Faild] } }] }
  c: { run: x, stateHandlers: [{ uses: smsNotifier }] }
stateHandlers: [{ uses: throws, with: { a: 1 } }]
`,
        { handlers: { ...LIBRARY.handlers, throws } },
      ),
    );
    expect(found.map(({ code, line, column, help }) => [code, line, column, help?.split(":")[0]])).toEqual([
      ["NOTIFIER_OPTION", 2, 71, 'Did you mean "channel"?'],
      ["NOTIFIER_OPTION", 3, 61, 'Did you mean "Failed"?'],
      ["NOTIFIER_OPTION", 4, 40, "Give it, or name a channel of the config"],
      ["USES_NO_HANDLER", 5, 39, undefined],
    ]);
  });
});

it("inputs of the library's tasks are known", async () => {
  const { tasks, inputs } = LIBRARY;
  const spec = (uses: string, given: string) => `tasks: { a: { uses: ${uses}, with: { ${given}, zz: 1 } } }\n`;
  for (const [uses, given] of [
    ["approval", "message: x, otherwise: fail"],
    ["prompt", "message: x, default: y, choices: [y]"],
    ["sleep", "duration: 1s"],
    ["http", 'url: "https://x.invalid"'],
    ["notify", "message: x, channel: inbox"],
  ] as const)
    expect(await problems(load(spec(uses, given), { tasks, ...(inputs && { inputs }) }))).toMatchObject([
      { code: "UNKNOWN_INPUT", message: `"${uses}" has no input "zz"` },
    ]);
});

it("outputs of the library's tasks are known, those of an error, too", async () => {
  const { tasks, inputs } = LIBRARY;
  const read = (name: string) => `tasks:
  get: { uses: http, with: { url: "https://x.invalid" } }
  got: { run: "echo \${{ tasks.get.outputs.${name} }}" }
`;
  const loaded = async (name: string) => load(read(name), { tasks, ...(inputs && { inputs }) });
  expect((await problems(loaded("body"))).map(({ message, help }) => [message, help])).toEqual([
    ['task "get" has no output "body"', "known: status, headers, text, json, message, name"],
  ]);
  for (const name of ["json", "status", "message"]) await expect(loaded(name)).resolves.toBeDefined();
});
