import { afterAll, beforeAll, expect, test } from "vitest";
import type { Diagnostic } from "../../src/model/error.ts";
import { loaderRig, type Loaded, type LoaderRig } from "./loader-rig.ts";

let rig: LoaderRig;
let serial = 0;

beforeAll(async () => {
  rig = await loaderRig();
});
afterAll(() => {
  rig.dispose();
});

async function load(files: Record<string, string>, entry: string, options = "{ onWarning }"): Promise<Loaded> {
  const name = `f${String((serial += 1))}`;
  rig.write(Object.fromEntries(Object.entries(files).map(([path, text]) => [`${name}/${path}`, text])));
  return rig.load(`${name}/${entry}`, `(await loadFlow(path, ${options})).name`);
}

/** The one diagnostic, with its file as a name. */
async function refusal(files: Record<string, string>, entry: string, options?: string): Promise<Diagnostic> {
  const loaded = await load(files, entry, options);
  expect(loaded.defect).toBeUndefined();
  expect(loaded.diagnostics).toHaveLength(1);
  const { file, ...rest } = loaded.diagnostics![0]!;
  return { ...rest, file: (file ?? "").split("/").at(-1) ?? "" };
}

const FLOW = `import { flow } from "flowctl"; export default flow("it");`;

test("the only flow of a module is found, under whatever name it is exported", async () => {
  expect((await load({ "a.ts": FLOW }, "a.ts")).value).toBe("it");
  expect(
    (await load({ "a.mjs": `import { flow } from "flowctl"; export const other = flow("named"), n = 1;` }, "a.mjs"))
      .value,
  ).toBe("named");
  expect(
    (await load({ "a.cjs": `const { flow } = require("flowctl"); module.exports = flow("cjs");` }, "a.cjs")).value,
  ).toBe("cjs");
  expect((await load({ "a.cts": `import { flow } from "flowctl"; exports.it = flow("cts");` }, "a.cts")).value).toBe(
    "cts",
  );
});

test("a flow that is exported by two names is one flow", async () => {
  expect(
    (
      await load(
        { "a.ts": `import { flow } from "flowctl"; export const it = flow("one"); export default it;` },
        "a.ts",
      )
    ).value,
  ).toBe("one");
});

test("a file that is absent is named, with the sibling that was meant", async () => {
  expect(await refusal({ "nightly.ts": FLOW }, "nigthly.ts")).toMatchObject({
    code: "LOAD_NO_FILE",
    file: "nigthly.ts",
    help: "did you mean nightly.ts?",
  });
});

test("a file that is named without its ending is found out, and one that is like none is not guessed", async () => {
  expect(await refusal({ "nightly.ts": FLOW, "flowctl.config.ts": "" }, "nightly")).toMatchObject({
    help: "did you mean nightly.ts?",
  });
  expect(await refusal({ x: "", "nightly.ts": FLOW }, "-")).toMatchObject({
    help: "name a file that exists, for example nightly.ts",
  });
  expect(await refusal({ "a.ts": FLOW }, "a.ts/b.ts")).toMatchObject({ code: "LOAD_NO_FILE" });
});

test("a directory, and a file of another kind, are refused with what to name instead", async () => {
  expect(await refusal({ "dir/a.ts": FLOW }, "dir")).toMatchObject({
    code: "LOAD_DIRECTORY",
    help: "name a file in it, for example a.ts",
  });
  expect(await refusal({ "a.py": "" }, "a.py")).toMatchObject({ code: "LOAD_EXTENSION" });
});

test("a syntax error is shown with its line and column, all of them at once", async () => {
  expect(await refusal({ "a.ts": `import { flow } from "flowctl";\nconst x: number = ;\n` }, "a.ts")).toMatchObject({
    code: "LOAD_SYNTAX",
    message: "Unexpected token",
    file: "a.ts",
    line: 2,
    column: 19,
    sourceLine: "const x: number = ;",
  });
});

test("a syntax error in what a flow imports is shown in that file, after characters of two units too", async () => {
  expect(
    await refusal({ "a.ts": `import "./b.ts";\n${FLOW}`, "b.ts": `const é = "😀"; let y = = 1;` }, "a.ts"),
  ).toMatchObject({ code: "LOAD_SYNTAX", file: "b.ts", line: 1, column: 25 });
});

test("what only Node refuses is a syntax error too; a decorator without its option says which option", async () => {
  expect(
    await refusal({ "a.ts": `type A = 1;\n\nfunction d(...a: any[]): any {}\n@d class B {}\n${FLOW}` }, "a.ts"),
  ).toMatchObject({
    code: "LOAD_SYNTAX",
    message: "a decorator needs the compiler option experimentalDecorators",
    line: 4,
    column: 1,
  });
});

test("an import of a name that is not exported says where, and what was meant", async () => {
  expect(
    await refusal(
      {
        "a.ts": `import { other } from "./b.ts";\nimport {\n  extract,\n  laod,\n} from "./b.ts";\n${FLOW}\nother(extract, laod);`,
        "b.ts": "export const load = 1, extract = 2, other = 3;",
      },
      "a.ts",
    ),
  ).toMatchObject({
    code: "LOAD_EXPORT_NOT_FOUND",
    message: '"./b.ts" has no export named "laod"',
    line: 4,
    column: 3,
    length: 4,
    help: 'did you mean "load"?',
  });
  expect(
    await refusal(
      { "a.ts": `import flow from "./b.ts"; export default flow;`, "b.ts": "export const load = 1;" },
      "a.ts",
    ),
  ).toMatchObject({
    message: '"./b.ts" has no default export',
    help: 'it exports "load"',
  });
});

test("a missing name of flowctl's own, of a package and of a builtin is found too", async () => {
  expect(await refusal({ "a.ts": `import { folw } from "flowctl"; export default folw("x");` }, "a.ts")).toMatchObject({
    code: "LOAD_EXPORT_NOT_FOUND",
    help: 'did you mean "flow"?',
    column: 10,
  });
  expect(await refusal({ "a.ts": `import { joni } from "node:path"; joni();` }, "a.ts")).toMatchObject({
    code: "LOAD_EXPORT_NOT_FOUND",
    help: 'did you mean "join"?',
  });
});

test("a module or package that is not there is named where it is imported", async () => {
  expect(await refusal({ "a.ts": `type A = "./gone";\nimport { x } from "./gone";\nx();` }, "a.ts")).toMatchObject({
    code: "LOAD_MODULE_NOT_FOUND",
    message: '"./gone" is not found',
    line: 2,
    column: 19,
  });
  expect(await refusal({ "a.ts": `import x from "@scope/left/deep"; x();` }, "a.ts")).toMatchObject({
    help: "install it (npm install @scope/left), or correct its name",
  });
  expect(await refusal({ "a.cjs": `\nrequire("./gone");` }, "a.cjs")).toMatchObject({
    code: "LOAD_MODULE_NOT_FOUND",
    line: 2,
    column: 9,
  });
});

test("a missing module can be caught by the module that asks for it, with Node's codes", async () => {
  const source = `import { flow } from "flowctl";
    const codes: string[] = [];
    try { await import("./gone.ts"); } catch (error: any) { codes.push(error.code); }
    try { require("gone"); } catch (error: any) { codes.push(error.code); }
    export default flow(codes.join(" "));`;
  expect((await load({ "a.ts": source }, "a.ts")).value).toBe("ERR_MODULE_NOT_FOUND MODULE_NOT_FOUND");
});

test("a module that throws while it is loading: its message, at the place that threw", async () => {
  expect(
    await refusal(
      {
        "a.ts": `import { go } from "./b.ts";\n\ngo();`,
        "b.ts": `interface A {}\nexport function go(): void {\n  throw new RangeError("too far");\n}`,
      },
      "a.ts",
    ),
  ).toMatchObject({
    code: "LOAD_THREW",
    message: "a.ts failed while it was loading: RangeError: too far",
    file: "b.ts",
    line: 3,
    column: 9,
  });
  expect(await refusal({ "a.ts": `throw "a text";` }, "a.ts")).toMatchObject({
    message: "a.ts failed while it was loading: a text",
    file: "a.ts",
  });
});

test("a package that fails while it is loading is shown where it is imported", async () => {
  expect(
    await refusal(
      {
        "a.ts": `\nimport "bad";`,
        "node_modules/bad/package.json": '{"type":"module","exports":"./index.js"}',
        "node_modules/bad/index.js": "throw new Error('broken');",
      },
      "a.ts",
    ),
  ).toMatchObject({ message: "a.ts failed while it was loading: broken", file: "a.ts", line: 2, column: 8 });
});

test("a module without a flow says what it does export", async () => {
  expect(await refusal({ "a.ts": "export const a = 1; export default 2;" }, "a.ts")).toMatchObject({
    code: "LOAD_NO_FLOW",
    message: "a.ts exports no flow",
    help: 'it exports "a", "default": write export default flow("name", () => { … })',
  });
});

test("several flows need a name; a wrong one is answered with the nearest", async () => {
  const files = { "a.ts": `import { flow } from "flowctl"; export const a = flow("load"), b = flow("report");` };
  expect(await refusal(files, "a.ts")).toMatchObject({
    code: "LOAD_SEVERAL_FLOWS",
    message: 'a.ts exports 2 flows: "load", "report"',
    help: "choose one, for example --name load",
  });
  expect(await refusal(files, "a.ts", `{ name: "repotr" }`)).toMatchObject({
    code: "LOAD_NO_SUCH_FLOW",
    help: 'did you mean "report"?',
  });
  expect((await load(files, "a.ts", `{ name: "report" }`)).value).toBe("report");
});

test("a run at a module's top level is ignored, with a warning", async () => {
  const loaded = await load({ "a.ts": `import { runAtTopLevel } from "flowctl"; runAtTopLevel();\n${FLOW}` }, "a.ts");
  expect(loaded.value).toBe("it");
  expect(loaded.warnings).toMatchObject([{ code: "LOAD_IGNORED", severity: "warning", message: "run ignored" }]);
});

test("JSON that is not JSON is refused by its file's name", async () => {
  expect(
    await refusal({ "a.ts": `import x from "./x.json"; export default x;`, "x.json": "{ a }" }, "a.ts"),
  ).toMatchObject({ code: "LOAD_JSON", file: "x.json" });
});
