import { describe, expect, it } from "vitest";
import { resolveParameters } from "../../src/authoring/resolve-parameters.ts";
import { load, problems, shown } from "./rig.ts";

const TASKS = "tasks: { a: { run: 'true' } }\n";

async function resolved(params: string, given: Record<string, string> = {}, variables: Record<string, string> = {}) {
  const { flow } = await load(`${params}\n${TASKS}`, { variables });
  return resolveParameters(flow.params, { text: given });
}

describe("a parameter's default with expressions", () => {
  it("follows from the parameters before it, as they were given", async () => {
    const params = "params: { region: eu, table: '${{ params.region }}_sales', n: 2, double: '${{ params.n * 2 }}' }";
    expect(await resolved(params)).toEqual({ values: { region: "eu", table: "eu_sales", n: 2, double: 4 } });
    expect(await resolved(params, { region: "us", n: "5" })).toMatchObject({
      values: { table: "us_sales", double: 10 },
    });
    expect(await resolved(params, { table: "mine" })).toMatchObject({ values: { table: "mine" } });
  });

  it("reads the time, whose date depends on the place", async () => {
    const params = "params: { utc: '${{ date(now) }}', oslo: '${{ date(now, \"Europe/Oslo\") }}' }";
    expect(await resolved(params)).toEqual({ values: { utc: "2026-01-31", oslo: "2026-02-01" } });
  });

  it("reads an environment variable's text as the type", async () => {
    const params = "params: { n: { type: integer, default: '${{ env.N }}' } }";
    expect(await resolved(params, {}, { N: "7" })).toEqual({ values: { n: 7 } });
    expect(await resolved(params, {}, { N: "x" })).toMatchObject({
      diagnostics: [{ code: "PARAMETER_WRONG", message: 'Parameter "n" must be a whole number, not "x".' }],
    });
    expect(await problems(load(`${params}\n${TASKS}`))).toMatchObject([{ code: "ENV_MISSING", line: 1 }]);
  });

  it("may not read a parameter that comes after it, nor a secret", async () => {
    const text = await shown(`params: { a: "\${{ params.b }} \${{ secrets.X }}", b: 1 }\n${TASKS}`);
    expect(text).toContain('there is no parameter "b"');
    expect(text).toContain("--> flow.yaml:1:19");
    expect(text).toContain('"secrets" cannot be read here');
  });
});

describe("a parameter from the environment", () => {
  it("is read as its type and named with its variable", async () => {
    const text = `params: { on: { type: boolean, env: ON }, at: { type: datetime, env: AT }, l: { type: array, env: L } }\n${TASKS}`;
    const { flow } = await load(text, { variables: { ON: "true", AT: "2026-01-31", L: "[1]" } });
    expect(flow.params).toMatchObject({
      declarations: [
        { name: "on", default: true, variable: "ON" },
        { name: "at", default: new Date("2026-01-31") },
        { name: "l", default: [1] },
      ],
    });
    expect(await problems(load(text, { variables: { ON: "yes", L: "{}" } }))).toMatchObject([
      { code: "PARAM_ENV", message: 'parameter "on": the variable ON must be true or false, not "yes"' },
      { code: "PARAM_ENV" },
    ]);
  });
});

it("a datetime is the same whether it is a default or given", async () => {
  const params = "params: { since: { type: datetime, default: '2026-01-31' } }";
  const values = { since: new Date("2026-01-31") };
  expect(await resolved(params)).toEqual({ values });
  expect(await resolved(params, { since: "2026-01-31" })).toEqual({ values });
});

describe("a parameter without a type", () => {
  it("has that of its default, else of its choices", async () => {
    const params =
      "params: { a: { default: 3, description: x }, b: { enum: [1, 2] }, c: { enum: [1, x] }, l: { default: [1] } }";
    expect(await resolved(params, { a: "4", b: "2", c: "x", l: "[2]" })).toEqual({
      values: { a: 4, b: 2, c: "x", l: [2] },
    });
    expect(await resolved(params, { b: "3", c: "x" })).toMatchObject({
      diagnostics: [{ message: 'Parameter "b" must be one of 1, 2, not "3".' }],
    });
  });
});

it("the choices of a parameter may be lists and dates", async () => {
  const params =
    "params: { l: { enum: [[1], [2]], default: [1] }, d: { type: datetime, enum: ['2026-01-31', '2026-02-01'] } }";
  expect(await resolved(params, { l: "[2]", d: "2026-02-01" })).toEqual({
    values: { l: [2], d: new Date("2026-02-01") },
  });
  expect(await resolved(params, { d: "2026-02-02" })).toHaveProperty("diagnostics");
});
