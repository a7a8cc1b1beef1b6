import { describe, expect, it } from "vitest";
import { z } from "zod";
import { flow, parameter, task, type ParameterOptions } from "../../src/index.ts";
import { resolveParameters } from "../../src/authoring/resolve-parameters.ts";
import type { ParameterDeclaration } from "../../src/model/parameter.ts";

type Type = ParameterDeclaration["type"];
const declared = (...declarations: readonly ParameterDeclaration[]) => ({ kind: "declared", declarations }) as const;
const one = (type: Type) => declared({ name: "p", required: true, ...(type === undefined ? {} : { type }) });

async function read(type: Type, text: string): Promise<unknown> {
  const answer = await resolveParameters(one(type), { text: { p: text } });
  return "values" in answer ? answer.values["p"] : "refused";
}

describe("text from a command line", () => {
  it.each<[Type, string, unknown]>([
    [undefined, "1.10", "1.10"],
    [undefined, "007", "007"],
    [undefined, "true", "true"],
    [undefined, "", ""],
    [undefined, "a=b", "a=b"],
    ["string", "1.10", "1.10"],
    ["string", "007", "007"],
    ["string", "true", "true"],
    ["string", "", ""],
    ["string", "a=b", "a=b"],
    ["number", "1.10", 1.1],
    ["number", "007", 7],
    ["number", "-2e3", -2000],
    ["number", "true", "refused"],
    ["number", "", "refused"],
    ["number", "0x10", "refused"],
    ["number", "Infinity", "refused"],
    ["integer", "007", 7],
    ["integer", "1.10", "refused"],
    ["boolean", "true", true],
    ["boolean", "false", false],
    ["boolean", "", "refused"],
    ["boolean", "1", "refused"],
    ["datetime", "2026-01-31", new Date("2026-01-31T00:00:00Z")],
    ["datetime", "2026-01-31T08:30", new Date("2026-01-31T08:30:00Z")],
    ["datetime", "2026-01-31T08:30:00+02:00", new Date("2026-01-31T06:30:00Z")],
    ["datetime", "tomorrow", "refused"],
    ["datetime", "2026-13-45", "refused"],
    ["datetime", "2026-02-31", "refused"],
    ["datetime", "2028-02-29T23:59:59Z", new Date("2028-02-29T23:59:59Z")],
    ["date", "2026-01-31", "2026-01-31"],
    ["date", "2026-02-29", "refused"],
    ["date", "2026-01-31T08:30", "refused"],
    ["date", "tomorrow", "refused"],
    ["array", "[1,2]", [1, 2]],
    ["array", "{}", "refused"],
    ["object", '{"a":"=b"}', { a: "=b" }],
    ["object", "a=b", "refused"],
  ])("as %s: %j is %j", async (type, text, expected) => {
    expect(await read(type, text)).toEqual(expected);
  });

  it("reads a whole number exactly, however long it is", async () => {
    expect(await read("integer", "99999999999999999999")).toBe(99999999999999999999n);
    expect(await read("number", "+9007199254740993")).toBe(9007199254740993n);
    expect(await read("array", "[9007199254740993]")).toEqual([9007199254740993n]);
  });
});

describe("a datetime that names no zone", () => {
  it.each([
    ["2026-07-01T23:30", "2026-07-01T21:30:00Z"],
    ["2026-02-28", "2026-02-27T23:00:00Z"],
    ["2026-07-01T23:30+00:00", "2026-07-01T23:30:00Z"],
  ])("is of the flow's time zone: %s", async (text, expected) => {
    const declaration = { name: "p", required: true, type: "datetime", zone: "Europe/Oslo" } as const;
    const answer = await resolveParameters(declared(declaration), { text: { p: text } });
    expect(answer).toMatchObject({ values: { p: new Date(expected) } });
  });
});

describe("declared parameters", () => {
  it("answer all that is unknown, missing or wrong at once", async () => {
    const answer = await resolveParameters(
      declared(
        { name: "date", required: true, type: "string" },
        { name: "limit", required: false, type: "integer", default: 10 },
        { name: "region", required: true, enum: ["eu", "us"] },
      ),
      { text: { dat: "x", limit: "ten", region: "mars", zz: "1" } },
    );
    expect("diagnostics" in answer && answer.diagnostics.map((each) => [each.message, each.help])).toEqual([
      ['The flow has no parameter "dat".', 'Did you mean "date"?'],
      ['The flow has no parameter "zz".', "Its parameters are: date, limit, region."],
      ['Parameter "date" is missing (string).', "Give it with: --param date=VALUE"],
      ['Parameter "limit" must be a whole number, not "ten".', undefined],
      ['Parameter "region" must be one of "eu", "us", not "mars".', undefined],
    ]);
  });

  it("take their default, and null where they have none; values from code keep their type", async () => {
    const schema = declared(
      { name: "a", required: false, default: 1 },
      { name: "b", required: false },
      { name: "c", required: true, type: "integer" },
    );
    expect(await resolveParameters(schema, { values: { c: 3 } })).toEqual({ values: { a: 1, b: null, c: 3 } });
    const text = await resolveParameters(schema, { values: { c: "3" } });
    expect("diagnostics" in text && text.diagnostics[0]?.message).toContain('"c" must be a whole number, not "3"');
  });

  it("come from parameter() in a flow, with the type of their default", () => {
    const show = task("show", ({ v }: { v: unknown }) => v);
    const made = flow("f", () => {
      show({ v: [parameter("date"), parameter("dry", { default: false }), parameter("date")] });
    });
    expect(made.params).toEqual({
      kind: "declared",
      declarations: [
        { name: "date", required: true },
        { name: "dry", required: false, type: "boolean", default: false },
      ],
    });
  });

  it("may be named again, but not declared again in another way", () => {
    const make = (again: ParameterOptions | undefined) =>
      flow("f", () => {
        parameter("day", { default: new Date(0) });
        parameter("day", again);
      });
    expect(make(undefined).parameters()).toHaveLength(1);
    expect(make({ default: new Date(0) }).parameters()).toHaveLength(1);
    expect(() => make({ default: new Date(1) })).toThrow('Parameter "day" is declared twice');
  });
});

describe("a Standard Schema", () => {
  const schema = {
    kind: "standard",
    schema: z.object({
      version: z.string(),
      limit: z.number().int().default(5),
      dry: z.boolean().default(false),
      since: z.date().optional(),
      nested: z.object({ a: z.array(z.number()) }).optional(),
    }),
  } as const;

  it("judges text, which is read as it asks", async () => {
    const text = { version: "1.10", limit: "007", dry: "true", since: "2026-01-31", nested: '{"a":[1]}' };
    expect(await resolveParameters(schema, { text })).toEqual({
      values: { version: "1.10", limit: 7, dry: true, since: new Date("2026-01-31"), nested: { a: [1] } },
    });
  });

  it("answers every issue with its path", async () => {
    const answer = await resolveParameters(schema, { values: { limit: 1.5, nested: { a: [1, "x"] } } });
    const messages = "diagnostics" in answer ? answer.diagnostics.map((each) => each.message) : [];
    expect(messages).toHaveLength(3);
    expect(messages).toEqual(
      expect.arrayContaining([
        expect.stringMatching(/^Parameter "version": /),
        expect.stringMatching(/^Parameter "limit": /),
        expect.stringMatching(/^Parameter "nested\.a\.1": /),
      ]),
    );
  });

  it.each([
    ["drops", z.object({ region: z.string().optional(), limit: z.coerce.number().default(10) })],
    ["refuses", z.strictObject({ region: z.string().optional(), limit: z.coerce.number().default(10) })],
    [
      "renames",
      z.object({ region: z.string().optional(), limit: z.coerce.number() }).transform((each) => ({ n: each.limit })),
    ],
  ])("that %s other names makes a misspelt one an error with a suggestion", async (_, schemaOfCase) => {
    const answer = await resolveParameters(
      { kind: "standard", schema: schemaOfCase },
      { text: { regin: "eu", limit: "3" } },
    );
    expect("diagnostics" in answer && answer.diagnostics.map((each) => [each.code, each.message, each.help])).toEqual([
      ["PARAMETER_UNKNOWN", 'The flow has no parameter "regin".', 'Did you mean "region"?'],
    ]);
  });

  it("that takes any name keeps them all", async () => {
    const loose = z.looseObject({ limit: z.coerce.number() });
    expect(await resolveParameters({ kind: "standard", schema: loose }, { text: { limit: "3", more: "x" } })).toEqual({
      values: { limit: 3, more: "x" },
    });
    const record = z.record(z.string(), z.string()).transform((each) => ({ count: Object.keys(each).length }));
    expect(await resolveParameters({ kind: "standard", schema: record }, { text: { a: "1", b: "2" } })).toEqual({
      values: { count: 2 },
    });
  });

  it("reports a misspelt name beside the name that is missing", async () => {
    const one = { kind: "standard", schema: z.object({ limit: z.number() }) } as const;
    const answer = await resolveParameters(one, { text: { limt: "3" } });
    expect("diagnostics" in answer && answer.diagnostics.map((each) => each.code)).toEqual([
      "PARAMETER_UNKNOWN",
      "PARAMETER_WRONG",
    ]);
  });
});
