import { describe, expect, it } from "vitest";
import { load, problems, run, shown } from "./rig.ts";

const stdoutOf = async (text: string, params?: Record<string, unknown>) => {
  const { flow } = await load(text);
  const done = await run(flow, { params: params ?? defaultsOf(flow) });
  return Object.fromEntries(
    Object.entries(done.results).map(([key, value]) => [
      key,
      Array.isArray(value)
        ? value.map((each) => (each as { stdout?: unknown }).stdout)
        : (value as { stdout?: unknown } | null)?.stdout,
    ]),
  );
};
const defaultsOf = (flow: Awaited<ReturnType<typeof load>>["flow"]): Record<string, unknown> =>
  flow.params.kind === "declared"
    ? Object.fromEntries(flow.params.declarations.map((each) => [each.name, each.default]))
    : {};

describe("a number in a spec", () => {
  it.each(["007", "+4712345678", "2.50", "5e2", "0xFF", "0o17", ".25", "-0", "98765432109876543210", "1.", "12"])(
    "keeps its spelling %s in env, run, stdin, argv and items",
    async (text) => {
      const found = await stdoutOf(`
env: { FLOW: ${text} }
tasks:
  script: { env: { OWN: ${text} }, run: 'printf "%s %s" "$FLOW" "$OWN"' }
  read: { env: { OWN: ${text} }, run: [printf, "%s", "\${{ env.OWN }}"] }
  argv: { run: [echo, ${text}] }
  each: { foreach: [${text}], run: 'printf "%s" \${{ item }}' }
  inner: { foreach: [{ tag: [${text}] }], run: 'printf "%s" \${{ item.tag[0] }}' }
`);
      expect(found).toMatchObject({
        script: `${text} ${text}`,
        read: text,
        argv: text,
        each: [text],
        inner: [text],
      });
    },
  );

  it("keeps its spelling through parameters, lists of them, aliases and merges", async () => {
    const found = await stdoutOf(`
params:
  release: 4.20
  zones: { default: [010, { name: 1.0 }] }
env: &base { A: &number 6.60 }
tasks:
  one: { run: 'printf "%s" \${{ params.release }}' }
  many: { foreach: "\${{ params.zones }}", run: 'printf "%s" \${{ item }}' }
  alias: { env: { B: *number }, run: 'printf "%s" "$B"' }
  merge: { env: { <<: *base }, run: 'printf "%s" "$A"' }
  json: { run: 'printf "%s" \${{ params.zones[1] }}' }
`);
    expect(found).toMatchObject({
      one: "4.20",
      many: ["010", '{"name":1.0}'],
      alias: "6.60",
      merge: "6.60",
      json: '{"name":1.0}',
    });
  });

  it("counts and compares with its value", async () => {
    const { flow } = await load(`
params: { release: 4.20 }
tasks:
  sum: { uses: echo, with: { sum: "\${{ params.release + 0.5 }}", same: "\${{ params.release == 4.2 }}", exact: "\${{ params.release }}", list: [010] } }
  items: { foreach: [1e1, 010], uses: echo, with: { double: "\${{ item * 2 }}", item: "\${{ item }}" } }
`);
    const { results } = await run(flow, { params: { release: 4.2 } });
    expect(results["sum"]).toEqual({ sum: 4.7, same: true, exact: 4.2, list: [10] });
    expect(results["items"]).toEqual([
      { double: 20, item: 10 },
      { double: 20, item: 10 },
    ]);
  });

  it("reaches a task function as the exact integer", async () => {
    const { flow } = await load("tasks: { a: { uses: echo, with: { id: 36893488147419103233 } } }");
    expect((await run(flow)).results["a"]).toEqual({ id: 36893488147419103233n });
  });

  it("is text in the text inputs of a library task, and a number in the others", async () => {
    const tasks = { mail: async () => (inputs: Record<string, unknown>) => inputs };
    const inputs = { mail: { required: [], texts: ["headers"] } };
    const { flow } = await load("tasks: { a: { uses: mail, with: { headers: { X: 0.10 }, size: 0.10 } } }", {
      tasks,
      inputs,
    });
    expect((await run(flow)).results["a"]).toEqual({ headers: { X: "0.10" }, size: 0.1 });
  });

  it("draws a warning as a parameter's default if its spelling is not its own", async () => {
    const { hints } = await load(
      "params:\n  a: 010\n  b: 10\n  c: { default: 2.50 }\n  d: '010'\ntasks: { t: { run: ls } }",
    );
    expect(hints().map(({ code, message, line, help }) => [code, message, line, help])).toEqual([
      [
        "NUMBER_SPELLING",
        'the default of parameter "a" is the number 10, written as 010',
        2,
        'if it is a text, quote it: "010"',
      ],
      [
        "NUMBER_SPELLING",
        'the default of parameter "c" is the number 2.5, written as 2.50',
        4,
        'if it is a text, quote it: "2.50"',
      ],
    ]);
  });

  it("is named as it is written where a text is wanted", async () => {
    expect(await shown("params: { a: { type: string, default: 010 } }\ntasks: { t: { run: ls } }")).toContain(
      "the default is the number 010, and the type is string",
    );
    expect(await problems(load("flow: 010\ntasks: { t: { run: ls } }"))).toHaveLength(1);
  });
});
