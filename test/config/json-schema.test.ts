import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { Ajv } from "ajv";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { jsonSchema } from "../../src/config/json-schema.ts";

const flows = join(import.meta.dirname, "../../flows");
const compile = (of: "flow" | "config") => new Ajv({ strict: false }).compile(jsonSchema(of));

/** The README's YAML that is a spec or a config; what else there is, is another tool's. */
const README = readFileSync(join(import.meta.dirname, "../../README.md"), "utf8");
const SHOWN = [...README.matchAll(/^```yaml\n(.*?)^```$/gms)].flatMap(([, text = ""]) => {
  const value = parse(text) as object;
  const line = README.slice(0, README.indexOf(text)).split("\n").length;
  if ("jobs" in value) return [];
  return [{ line, of: "flow" in value ? ("flow" as const) : ("config" as const), value }];
});

describe("the README's YAML", () => {
  it("is of both kinds", () => {
    expect(new Set(SHOWN.map(({ of }) => of))).toEqual(new Set(["flow", "config"]));
    expect(SHOWN.length).toBeGreaterThanOrEqual(7);
  });

  it.each(SHOWN)("at line $line is accepted by the JSON Schema of a $of", ({ of, value }) => {
    const check = compile(of);
    check(value);
    expect(check.errors).toBeNull();
  });
});

describe("the JSON Schema of a flow", () => {
  it.each(readdirSync(flows).filter((name) => name.endsWith(".yaml")))("accepts the example %s", (name) => {
    const check = compile("flow");
    check(parse(readFileSync(join(flows, name), "utf8")));
    expect(check.errors).toBeNull();
  });

  it.each([
    ["an unknown key", { tasks: { a: { run: "x", rnu: "y" } } }],
    ["a task name that is no identifier", { tasks: { "a-b": { run: "x" } } }],
    ["a wrong type", { tasks: { a: { run: 5 } } }],
    ["no tasks", { flow: "x" }],
  ])("refuses %s", (_what, value) => {
    expect(compile("flow")(value)).toBe(false);
  });

  it("describes its keys, for editors", () => {
    const text = JSON.stringify(jsonSchema("flow"));
    expect(jsonSchema("flow")["$schema"]).toBe("http://json-schema.org/draft-07/schema#");
    expect(text).toContain("all_successful (default)");
  });
});

describe("the JSON Schema of the config", () => {
  it("accepts channels, hooks, state handlers and attached tasks", () => {
    const check = compile("config");
    check({
      channels: { team: { type: "slack", url: { secret: "HOOK" } } },
      hooks: [{ name: "failures", match: { flows: ["nightly-*"] }, states: ["Failed"], to: ["team"] }],
      stateHandlers: { task: [{ uses: "slackNotifier", with: { channel: "team" }, match: { tasks: "load*" } }] },
      tasks: { alert: { uses: "slack", trigger: "any_failed", with: { message: "x" } } },
      secrets: { namespace: "a" },
    });
    expect(check.errors).toBeNull();
  });

  it("refuses an unknown key", () => {
    expect(compile("config")({ chanels: {} })).toBe(false);
  });
});
