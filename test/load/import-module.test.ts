import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { loaderRig, urlOf, type LoaderRig } from "./loader-rig.ts";

let rig: LoaderRig;

beforeAll(async () => {
  rig = await loaderRig();
});
afterAll(() => {
  rig.dispose();
});

/** Writes a project of its own and loads its entry; fails with what the person would be told. */
let serial = 0;
async function value(files: Record<string, string>, entry: string, expression?: string): Promise<unknown> {
  const name = `p${String((serial += 1))}`;
  rig.write(Object.fromEntries(Object.entries(files).map(([path, text]) => [`${name}/${path}`, text])));
  const loaded = await rig.load(`${name}/${entry}`, expression);
  expect(loaded).not.toHaveProperty("diagnostics");
  expect(loaded).not.toHaveProperty("defect");
  expect(loaded.stderr).toBe("");
  return loaded.value;
}

const TYPES = [undefined, "module", "commonjs"] as const;

describe.each(TYPES)("in a package whose type is %s", (type) => {
  const manifest = { "package.json": JSON.stringify({ name: "x", ...(type !== undefined && { type }) }) };

  test("TypeScript with import and export runs, and its imports resolve however they are written", async () => {
    expect(
      await value(
        {
          ...manifest,
          "flow.ts": `import { a } from "./a.ts"; import { b } from "./b"; import { c } from "./c.js"; import d, { type T } from "./dir";
            import type { Gone } from "./not-there"; enum E { One = 1, Two }
            const all: readonly (number | T)[] = [a, b, c, d, E.Two];
            export { all }; export default E.One;`,
          "a.ts": "export const a: number = 10;",
          "b.ts": "export const b = 20 as const;",
          "c.ts": "export const c = <number>30;",
          "dir/index.ts": "export type T = number; export default 40;",
        },
        "flow.ts",
      ),
    ).toEqual({ all: [10, 20, 30, 40, 2], default: 1 });
  });

  test("a module may wait at its top level, and import when it likes", async () => {
    expect(
      await value(
        {
          ...manifest,
          "flow.ts": `import { slow } from "./slow.ts"; const late = await import("./late.ts"); export const all = [slow, late.default];`,
          "slow.ts": `export const slow = await (async (): Promise<number> => 1)();`,
          "late.ts": "export default 2;",
        },
        "flow.ts",
      ),
    ).toEqual({ all: [1, 2] });
  });

  test("flowctl is the running copy, in every kind of file", async () => {
    expect(
      await value(
        {
          ...manifest,
          "flow.ts": `import { Task } from "flowctl"; import { kit } from "flowctl/testing"; import m from "./m.mjs"; import c from "./c.cjs"; import ct from "./t.cts"; import lazy from "./lazy.ts";
            export const all = [new Task(), m, c, ct, await lazy()]; export { kit };`,
          "m.mjs": `import { Task } from "flowctl"; export default new Task();`,
          "c.cjs": `const { Task } = require("flowctl"); module.exports = new Task();`,
          "t.cts": `import { Task } from "flowctl"; export default new Task();`,
          "lazy.ts": `export default async () => new (await import("flowctl")).Task();`,
        },
        "flow.ts",
        "[...m.all.map((each) => each instanceof Task), m.kit]",
      ),
    ).toEqual([true, true, true, true, true, true]);
  });
});

test("CommonJS in every extension: require, exports, __dirname, and one instance of each module", async () => {
  expect(
    await value(
      {
        "package.json": "{}",
        "main.cts": `import one = require("./one.cts"); const two = require("./two"); const json = require("./data.json");
          export = { one, two, json, dir: __dirname === require("node:path").dirname(__filename), same: two.again === one };`,
        "one.cts": "const value: number = 1; module.exports = { value };",
        "two.js": `exports.two = 2; exports.again = require("./one.cts"); exports.esm = require("./esm.ts").name;`,
        "esm.ts": `export const name: string = "esm";`,
        "data.json": `{ "k": 3 }`,
      },
      "main.cts",
      "m.default",
    ),
  ).toEqual({
    one: { value: 1 },
    two: { two: 2, again: { value: 1 }, esm: "esm" },
    json: { k: 3 },
    dir: true,
    same: true,
  });
});

test("a CommonJS dependency gives its exports, by default and by name, as TypeScript says", async () => {
  const dependency = {
    "node_modules/plain/index.js": "exports.named = 1; exports.other = 2;",
    "node_modules/compiled/index.js":
      'Object.defineProperty(exports, "__esModule", { value: true }); exports.default = "d"; exports.named = "n";',
    "node_modules/esm/package.json": '{"type":"module","exports":{"import":"./i.js","require":"./r.cjs"}}',
    "node_modules/esm/i.js": "export default 'import';",
    "node_modules/esm/r.cjs": "module.exports = 'require';",
  };
  const source = `import plain, { named } from "plain"; import * as all from "plain"; import compiled, { named as n } from "compiled"; import esm from "esm"; import d, * as ns from "plain";
    export default [plain.other, named, all.other, compiled, n, esm, d === ns.default];`;
  expect(await value({ ...dependency, "flow.ts": source }, "flow.ts", "m.default")).toEqual([
    2,
    1,
    2,
    "d",
    "n",
    "import",
    true,
  ]);
  expect(
    await value({ ...dependency, "package.json": '{"type":"module"}', "flow.ts": source }, "flow.ts", "m.default"),
  ).toEqual([2, 1, 2, { default: "d", named: "n" }, "n", "import", true]);
});

test("JSON, tsconfig paths and package imports resolve", async () => {
  expect(
    await value(
      {
        "tsconfig.json": `{ "extends": "./base", /* paths */ "compilerOptions": { "paths": { "@app/*": ["./src/*"], }, } }`,
        "base.json": "{}",
        "package.json": `{ "type": "module", "imports": { "#inside": "./src/inside.ts" } }`,
        "flow.ts": `import data from "./data.json" with { type: "json" }; import { k } from "./data.json"; import { x } from "@app/x"; import i from "#inside"; export default [data.k, k, x, i];`,
        "data.json": `{ "k": 3 }`,
        "src/x.ts": "export const x = 'x';",
        "src/inside.ts": "export default 'inside';",
      },
      "flow.ts",
      "m.default",
    ),
  ).toEqual([3, 3, "x", "inside"]);
});

test("a workspace sibling written in TypeScript, linked into node_modules, runs; the same file by two ways is one module", async () => {
  rig.write({
    "mono/packages/lib/package.json": `{ "name": "@mono/lib", "exports": { ".": "./src/index.ts" } }`,
    "mono/packages/lib/src/index.ts": `import { Task } from "flowctl"; export const box: { n: number } = { n: 0 }; export const task = new Task();`,
    "mono/packages/app/package.json": `{ "name": "app", "type": "module" }`,
    "mono/packages/app/flow.ts": `import { box, task } from "@mono/lib"; import { box as again } from "../lib/src/index.js"; export { task }; export default box === again;`,
  });
  rig.link("mono/packages/lib", "mono/node_modules/@mono/lib");
  const loaded = await rig.load("mono/packages/app/flow.ts", "[m.default, m.task instanceof Task]");
  expect(loaded.value).toEqual([true, true]);
});

test("an installed package that builds on flowctl gets the running copy", async () => {
  expect(
    await value(
      {
        "package.json": '{"type":"module"}',
        "flow.ts": `import { task } from "tasks"; export default task;`,
        "node_modules/tasks/package.json": `{ "type": "module", "main": "index.js", "peerDependencies": { "flowctl": "*" } }`,
        "node_modules/tasks/index.js": `import { Task } from "flowctl"; export const task = new Task();`,
        "node_modules/tasks/index.ts": `throw new Error("sources beside what runs are not meant");`,
        "node_modules/flowctl/package.json": `{ "name": "flowctl", "type": "module", "exports": "./index.js" }`,
        "node_modules/flowctl/index.js": "export class Task {}",
      },
      "flow.ts",
      "m.default instanceof Task",
    ),
  ).toBe(true);
});

test("modules that import one another work as the language says: live bindings, hoisted functions, a class that extends through a barrel", async () => {
  expect(
    await value(
      {
        "package.json": '{"type":"module"}',
        "flow.ts": `import { count, add } from "./counter.ts"; import { Child } from "./barrel.ts"; import { even } from "./even.ts";
          add(); export default [count, new Child().hello(), even(10)];`,
        "counter.ts": "export let count = 0; export function add(): void { count += 1; }",
        "barrel.ts": `export * from "./parent.ts"; export { Child } from "./child.ts"; export * as all from "./parent.ts";`,
        "parent.ts": `export class Parent { hello() { return "hello"; } }`,
        "child.ts": `import { Parent } from "./barrel.ts"; export class Child extends Parent {}`,
        "even.ts": `import { odd } from "./odd.ts"; export function even(n: number): boolean { return n === 0 || odd(n - 1); }`,
        "odd.ts": `import { even } from "./even.ts"; export const zero = even(0); export function odd(n: number): boolean { return n !== 0 && even(n - 1); }`,
      },
      "flow.ts",
      "m.default",
    ),
  ).toEqual([1, "hello", true]);
});

test("modules are evaluated in the order in which they are imported, packages too", async () => {
  expect(
    await value(
      {
        "package.json": '{"type":"module"}',
        "flow.ts": `import "./first.ts"; import "second"; import "./third.ts"; (globalThis as any).order.push("flow"); export default (globalThis as any).order;`,
        "first.ts": `(globalThis as any).order = ["first"];`,
        "node_modules/second/package.json": '{"type":"module","main":"index.js"}',
        "node_modules/second/index.js": `globalThis.order.push("second");`,
        "third.ts": `await null; (globalThis as any).order.push("third");`,
      },
      "flow.ts",
      "m.default",
    ),
  ).toEqual(["first", "second", "third", "flow"]);
});

test("a module imported twice, at once and later, is one instance", async () => {
  expect(
    await value(
      {
        "flow.ts": `const [a, b] = await Promise.all([import("./one.ts"), import("./one.js")]); export default [a === b, a.box === (await import("./two.ts")).box];`,
        "one.ts": "await null; export const box = {};",
        "two.ts": `export { box } from "./one.ts";`,
      },
      "flow.ts",
      "[...m.default, (await importModule(path)) === m]",
    ),
  ).toEqual([true, true, true]);
});

test("import.meta tells where the module is", async () => {
  const found = await value(
    {
      "package.json": '{"type":"module"}',
      "flow.ts": `export const { url, filename, dirname } = import.meta; export const next = import.meta.resolve("./next.js");`,
      "next.ts": "",
    },
    "flow.ts",
  );
  const directory = `${rig.directory}/p${String(serial)}`;
  expect(found).toEqual({
    url: urlOf(`${directory}/flow.ts`),
    filename: `${directory}/flow.ts`,
    dirname: directory,
    next: urlOf(`${directory}/next.ts`),
  });
});

test("decorators work where tsconfig asks for them, with parameters and metadata", async () => {
  expect(
    await value(
      {
        "tsconfig.json": `{ "compilerOptions": { "experimentalDecorators": true, "emitDecoratorMetadata": true } }`,
        "flow.ts": `const seen: string[] = [];
          (Reflect as any).metadata = (key: string, value: any) => () => { seen.push(key + " " + value?.name); };
          const mark = (name: string) => (...args: any[]): any => { seen.push(name + " " + typeof args[1]); };
          @mark("class") class A { @mark("property") p: string = ""; @mark("method") m(@mark("parameter") x: number) {} constructor(private readonly q: Date) {} }
          new A(new Date()); export default seen;`,
      },
      "flow.ts",
      "m.default",
    ),
  ).toEqual([
    "design:type String",
    "property string",
    "design:returntype undefined",
    "design:paramtypes undefined",
    "design:type Function",
    "parameter string",
    "method string",
    "design:paramtypes undefined",
    "class undefined",
  ]);
});

test("using disposes in reverse, also when something throws", async () => {
  expect(
    await value(
      {
        "flow.ts": `(Symbol as any).dispose ??= Symbol.for("Symbol.dispose"); (Symbol as any).asyncDispose ??= Symbol.for("Symbol.asyncDispose");
          const order: string[] = []; const it = (name: string) => ({ [Symbol.dispose]() { order.push(name); } });
          try { using a = it("a"); using b = it("b"); throw new Error("x"); } catch (error) { order.push((error as Error).message); }
          { await using c = { async [Symbol.asyncDispose]() { order.push("c"); } }; order.push("body"); }
          export default order;`,
      },
      "flow.ts",
      "m.default",
    ),
  ).toEqual(["b", "a", "x", "body", "c"]);
});

test("a module's own require, module or __dirname may shadow those that are given", async () => {
  expect(
    await value(
      {
        "flow.ts": `import { createRequire } from "node:module"; import { dirname } from "node:path"; const require = createRequire(import.meta.url); const __dirname = dirname(import.meta.filename);
          function module() { return require("node:path") === (await_ as any); } const await_ = require("path"); export default [module(), __dirname.length > 1];`,
      },
      "flow.ts",
      "m.default",
    ),
  ).toEqual([true, true]);
});

test("stacks name the person's line and column: while loading, and later inside a task's body", async () => {
  const files = {
    "package.json": '{"type":"module"}',
    "flow.ts": `import { helper } from "./helper.ts";
interface Long {
  readonly a: string;
}
enum E { A }

export function body(x: Long): void {
  helper(x.a);
}
export const missing = (): unknown => (helper as any).nothing.at.all;
export const wrong = (): unknown => (globalThis as any).notThere.call();
`,
    "helper.ts": `type A = 1;

export const helper = (text: string): never => {
  throw new Error(text);
};`,
  };
  const stack = (await value(
    files,
    "flow.ts",
    `(() => { try { m.body({ a: "boom" }) } catch (error) { return error.stack } })()`,
  )) as string;
  const directory = `${rig.directory}/p${String(serial)}`;
  const [message, first, second] = stack.split("\n");
  expect(message).toBe("Error: boom");
  expect(first).toContain(`${directory}/helper.ts:4:9`);
  expect(second).toContain(`${directory}/flow.ts:8:3`);
  expect(stack).not.toContain("__vite");
});

test("a function that is not one is called by the name that the person gave it", async () => {
  expect(
    await value(
      {
        "flow.ts": `import * as ns from "./a.ts"; import { notFunction } from "./a.ts"; export default () => { try { (notFunction as any)(); } catch (error) { return [(error as Error).stack!.split("\\n")[0], (error as Error).message]; } };`,
        "a.ts": "export const notFunction = 1;",
      },
      "flow.ts",
      "m.default()",
    ),
  ).toEqual(["TypeError: notFunction is not a function", "notFunction is not a function"]);
});
