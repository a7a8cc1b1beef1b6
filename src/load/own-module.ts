import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, extname } from "node:path";
import { pathToFileURL } from "node:url";
import { compileFunction } from "node:vm";
import { userError } from "../model/error.ts";
import { missingModule } from "./load-error.ts";
import { packageType, resolve, type Target } from "./resolve.ts";
import { isMapped, mapStacks, originalPlace } from "./stacks.ts";
import { transform, type Format, type Import, type Transformed } from "./transform.ts";
import { requireUtf8 } from "./utf8-text.ts";

export type Namespace = Record<string, unknown>;

/** An import with what it stands for. */
export interface Dependency extends Import {
  readonly target: Target;
}

/**
 * A module of the person's. It is loaded (known with all its imports), then
 * linked (its exports can be asked for; functions work, constants do not yet),
 * then running, then done or failed; it never goes back.
 */
export interface OwnModule {
  readonly file: string;
  readonly source: string;
  readonly transformed: Transformed;
  readonly dependencies: readonly Dependency[];
  /** Whether CommonJS's `__esModule` convention holds for its default imports, as it does for TypeScript's compiler. */
  readonly interop: boolean;
  readonly namespace: Namespace;
  state: "loaded" | "linked" | "running" | "done" | "failed";
  /** While running, where it waits at its top level. */
  running?: Promise<void>;
  error?: unknown;
  /** Sets the imports' variables. */
  bind?: (values: readonly unknown[]) => void;
  body?: Generator | AsyncGenerator;
  /** For a CommonJS module: its `module`. */
  readonly commonjs: { exports: unknown; readonly id: string; readonly filename: string; loaded: boolean };
}

/** How a module reaches others while it runs. */
export interface Reach {
  readonly dynamicImport: (specifier: unknown) => Promise<unknown>;
  readonly require: NodeJS.Require;
}

const modules = new Map<string, OwnModule>();

/**
 * The one instance of a file, read and transformed at the first call.
 *
 * @throws UserError for syntax errors and for imports of what is not there
 */
export function ownModule(file: string): OwnModule {
  const known = modules.get(file);
  if (known !== undefined) return known;
  const text = readFileSync(file, "utf8");
  if (text.includes("\uFFFD")) requireUtf8(file, text);
  const source = text.replace(/^\uFEFF/, "");
  const format = formatOf(file);
  const transformed = transform(file, source, format);
  mapStacks(file, transformed.maps);
  const made: OwnModule = {
    file,
    source,
    transformed,
    dependencies: transformed.imports.map((each) => {
      const target = resolve(each.specifier, file, "import");
      if (target.kind === "missing") throw missingModule(each.specifier, { file, source }, "import");
      return { ...each, target };
    }),
    interop: format !== "module" && /tsx?$/.test(file),
    namespace: Object.create(null, { [Symbol.toStringTag]: { value: "Module" } }) as Namespace,
    state: "loaded",
    commonjs: { exports: {}, id: file, filename: file, loaded: false },
  };
  modules.set(file, made);
  return made;
}

function formatOf(file: string): Format {
  const extension = extname(file);
  if (/^\.m/.test(extension)) return "module";
  if (/^\.c/.test(extension)) return extension === ".cts" ? "either" : "commonjs";
  return packageType(file) === "module" ? "module" : "either";
}

/** Compiles a module and lets it declare its exports; its body waits. */
export function link(module: OwnModule, reach: Reach): void {
  const { transformed, file } = module;
  const bindings = transformed.imports.map((each) => each.binding);
  const getters = [...transformed.exports].map(([name, value]) => `${JSON.stringify(name)}:()=>${value}`);
  const star = transformed.waits ? "async function*" : "function*";
  const text =
    `"use strict";return(${star} __flowctl_module__(){${bindings.length > 0 ? `let ${bindings.join()};` : ""}` +
    `__flowctl_link__({__proto__:null,${getters.join()}},(...__flowctl_values__)=>{${
      bindings.length > 0 ? `[${bindings.join()}]=__flowctl_values__` : ""
    }});yield;\n${transformed.body}\n})`;
  const commonjs = module.interop || packageType(file) !== "module" ? COMMONJS : [];
  const make = compile(
    module,
    text,
    ["__flowctl_link__", "__vite_ssr_dynamic_import__", "__vite_ssr_import_meta__", ...commonjs],
    -1,
  );
  const declare = (exports: Record<string, () => unknown>, bind: (...values: unknown[]) => void): void => {
    for (const [name, get] of Object.entries(exports)) {
      Object.defineProperty(module.namespace, name, { enumerable: true, configurable: true, get });
    }
    module.bind = (values) => {
      bind(...values);
    };
  };
  const body = make(declare, reach.dynamicImport, meta(module), ...commonjsValues(module, reach)) as () => Generator;
  module.body = body.call(undefined);
  void module.body.next();
  module.state = "linked";
}

const COMMONJS = ["exports", "require", "module", "__filename", "__dirname"];

function commonjsValues(module: OwnModule, reach: Reach): unknown[] {
  return [module.commonjs.exports, reach.require, module.commonjs, module.file, dirname(module.file)];
}

/** Runs a CommonJS module's body, from top to end. */
export function runCommonjs(module: OwnModule, reach: Reach): void {
  const run = compile(module, module.transformed.body, [...COMMONJS, "__vite_ssr_dynamic_import__"], 0);
  run.call(module.commonjs.exports, ...commonjsValues(module, reach), reach.dynamicImport);
  module.commonjs.loaded = true;
}

function meta(module: OwnModule): object {
  return Object.assign(Object.create(null) as object, {
    url: pathToFileURL(module.file).href,
    filename: module.file,
    dirname: dirname(module.file),
    resolve(specifier: string): string {
      const target = resolve(specifier, module.file, "import");
      if (target.kind === "missing") throw missingModule(specifier, module, "import");
      if (target.kind === "helper") return specifier;
      return target.kind === "foreign" ? target.url : pathToFileURL(target.file).href;
    },
  });
}

/** @throws UserError for what the transform leaves alone and this Node does not know */
function compile(
  module: OwnModule,
  text: string,
  names: readonly string[],
  lineOffset: number,
): (...values: unknown[]) => unknown {
  try {
    return compileFunction(text, [...names], { filename: module.file, lineOffset }) as (
      ...values: unknown[]
    ) => unknown;
  } catch (error) {
    const match = /^(.*):(\d+)\n.*\n( *)\^/.exec(error instanceof Error ? (error.stack ?? "") : "");
    if (!(error instanceof SyntaxError) || match === null || !isMapped(module.file)) throw error;
    const place = originalPlace(module.file, { line: Number(match[2]), column: (match[3] ?? "").length + 1 });
    const sourceLine = module.source.split("\n")[place.line - 1] ?? "";
    const decorator = sourceLine.trimStart().startsWith("@");
    throw userError(
      "usage",
      "LOAD_SYNTAX",
      decorator ? "a decorator needs the compiler option experimentalDecorators" : error.message,
      {
        file: module.file,
        ...place,
        sourceLine,
        ...(decorator && { help: 'set "experimentalDecorators": true under "compilerOptions" in tsconfig.json' }),
      },
    );
  }
}

/** `require` of Node's own for a module, for what is not ours to run. */
export function nodeRequire(file: string): NodeJS.Require {
  return createRequire(file);
}
