import { describe, expect, it } from "vitest";
import { readYaml } from "../../src/spec/read-yaml.ts";
import { load, problems, run } from "./rig.ts";

const codes = (text: string) =>
  readYaml("flow.yaml", text).diagnostics.map(({ code, line, column }) => `${code} ${line ?? ""}:${column ?? ""}`);
const value = (text: string) => readYaml("flow.yaml", text).source?.value;
const OK = "tasks: { a: { run: 'true' } }\n";

describe("YAML's own traps", () => {
  it.each([
    ["a key that stands twice", "flow: x\ntasks:\n  a: { run: x }\n  a: { run: y }\n", "YAML_DUPLICATE_KEY 4:3"],
    ["a key that stands twice in JSON", '{ "flow": "x", "flow": "y" }', "YAML_DUPLICATE_KEY 1:16"],
    ["lines indented with tabs", "tasks:\n\ta:\n\t\trun: x\n", "YAML_TAB 2:1"],
    ["several documents", `${OK}---\n${OK}`, "YAML_SEVERAL_DOCUMENTS 2:1"],
    ["a list", "- a\n- b\n", "YAML_NOT_A_MAP 1:1"],
    ["a single value", "just text\n", "YAML_NOT_A_MAP 1:1"],
    ["nothing", "", "YAML_EMPTY 1:1"],
    ["nothing but comments", "# nothing\n", "YAML_EMPTY 1:1"],
    ["a key that is a list", "? [a, b]\n: x\n", "YAML_KEY 1:3"],
    ["an expression without quotes", "a: ${{ x }}\nb: { x: 1 }\n{{ c }}: 1\n", "YAML_KEY 3:1"],
    ["an alias of nothing", "a: *nowhere\n", "YAML_ALIAS_UNKNOWN 1:4"],
    ["an anchor inside of itself", "a: &a [*a]\n", "YAML_ALIASES 1:8"],
    ["a merge of what is no map", "a: { <<: 1 }\n", "YAML_MERGE 1:6"],
    ["a file that is no text", "a: \u0000\n", "YAML_SYNTAX 1:4"],
  ])("%s", (_what, text, expected) => {
    expect(codes(text)[0]).toBe(expected);
    expect(readYaml("flow.yaml", text).source).toBeUndefined();
  });

  it("on, yes, no and 012 are what they look like", () => {
    expect(value("on: yes\na: no\nb: 012\nc: 0o14\nd: 1_000\ne: ~\nf: 12:30\ng: .5\nh: null\ni: 2026-01-31\n")).toEqual(
      {
        on: "yes",
        a: "no",
        b: 12,
        c: 12,
        d: "1_000",
        e: null,
        f: "12:30",
        g: 0.5,
        h: null,
        i: "2026-01-31",
      },
    );
  });

  it("anchors and merge keys are what they stand for", async () => {
    const { flow } = await load(`tasks:
  a: &base { run: "true", retry: 2, timeout: 5m }
  b: { <<: *base, timeout: 1m }
`);
    expect(flow.tasks.map(({ retry, timeout }) => [retry?.max, timeout])).toEqual([
      [2, 300_000],
      [2, 60_000],
    ]);
  });

  it("a mistake behind an alias is told where it stands", async () => {
    const found = await problems(load("tasks:\n  a: &a { run: x, timout: 1m }\n  b: *a\n"));
    expect(found.map(({ line, column }) => [line, column])[0]).toEqual([2, 19]);
  });

  it("a billion laughs are none", () => {
    const laughs = Array.from({ length: 9 }, (_, i) =>
      i === 0
        ? "a0: &a0 [lol, lol]"
        : `a${i}: &a${i} [${Array(10)
            .fill(`*a${i - 1}`)
            .join(", ")}]`,
    ).join("\n");
    const start = performance.now();
    expect(codes(laughs)[0]).toMatch(/^YAML_ALIASES /);
    expect(performance.now() - start).toBeLessThan(60_000); // it ends at all
  });

  it("depth without end is refused with its place, in either style", () => {
    expect(codes(`a: ${"[".repeat(100_000)}`)[0]).toMatch(/^YAML_TOO_DEEP 1:/);
    const deep = Array.from({ length: 150 }, (_, i) => `${" ".repeat(i)}a:`).join("\n");
    expect(codes(deep)[0]).toMatch(/^YAML_TOO_DEEP \d+:/);
    expect(codes(`a:\n  ${"- ".repeat(5000)}x\n`)[0]).toMatch(/^YAML_TOO_DEEP 2:/);
  });

  it("a byte order mark and Windows line ends change no place", async () => {
    const text = "\uFEFFflow: x\r\ntasks:\r\n  a:\r\n    run: |\r\n      echo one\r\n      echo two\r\n";
    expect((await run((await load(text)).flow)).results["a"]).toMatchObject({ stdout: "one\ntwo" });
    expect(codes("\uFEFFflow: x\r\ntasks: 1\r\nflow: y\r\n")).toEqual(["YAML_DUPLICATE_KEY 3:1"]);
    expect(await problems(load("\uFEFFflow: x\r\ntasks:\r\n  a: { run: x, timout: 1m }\r\n"))).toMatchObject([
      { line: 3, column: 16, sourceLine: "  a: { run: x, timout: 1m }" },
    ]);
  });

  it("a file of five megabytes is read, and one of twenty-five is not", async () => {
    const big = `${OK}# ${"x".repeat(5_000_000)}\n`;
    expect((await load(big)).flow.tasks).toHaveLength(1);
    const script = `tasks:\n  a:\n    run: |\n${"      echo x\n".repeat(400_000)}`;
    expect((await load(script)).flow.tasks).toHaveLength(1);
    expect(codes("x".repeat(25_000_000))).toEqual(["YAML_TOO_LARGE 1:1"]);
  });

  it("tags run nothing", () => {
    for (const tag of ["!!js/function 'return 1'", "!!python/object:os.system x", "!custom x"])
      expect(typeof (value(`a: ${tag}\n`) as { a?: unknown } | undefined)?.a).not.toBe("function");
  });

  it("names of JavaScript's own are names and nothing else", async () => {
    const found = await problems(load("__proto__: { a: 1 }\nconstructor: x\ntasks: { a: { run: x } }\n"));
    expect(found.map(({ code }) => code)).toEqual(["UNKNOWN_KEY", "UNKNOWN_KEY"]);
    expect(({} as Record<string, unknown>)["a"]).toBeUndefined();
  });
});
