import { dirname } from "node:path";
import { compileFunction } from "node:vm";
import type { SourceMap } from "oxc-transform";
import { UserError } from "../model/error.ts";
import { oxcTransform, type SyntaxProblem } from "./oxc.ts";
import { textPosition } from "./text-position.ts";
import { hasJsx, jsxOptions } from "./jsx.ts";
import { compilerOptions } from "./tsconfig.ts";

/** A module as we run it: its imports and exports as data, and its body. */
export interface Transformed {
  /** Same lines as the last of `maps` maps from. */
  readonly body: string;
  /** In the order in which they are evaluated. */
  readonly imports: readonly Import[];
  /** Names with the expressions that read them. */
  readonly exports: ReadonlyMap<string, string>;
  /** Bindings of imports whose every name is exported again. */
  readonly stars: readonly string[];
  /** From what runs back to the person's text, last applied first. */
  readonly maps: readonly SourceMap[];
  readonly esm: boolean;
  /** Whether it waits at its top level. */
  readonly waits: boolean;
}

export interface Import {
  /** The variable that holds the namespace. */
  readonly binding: string;
  readonly specifier: string;
  /** `undefined` for a whole namespace, or none. */
  readonly names: readonly string[] | undefined;
}

/** What a file's name and package say: `either` is what `.ts` and `.js` are without `"type": "module"`. */
export type Format = "module" | "commonjs" | "either";

const IMPORT =
  /^const (__vite_ssr_import_\d+__) = await __vite_ssr_import__\(("(?:[^"\\]|\\.)*")(?:, \{ importedNames: (\[[^\]]*\]) \})?\);$/gm;
const EXPORT =
  /^Object\.defineProperty\(__vite_ssr_exports__, ("(?:[^"\\]|\\.)*"), \{\n\tenumerable: true,\n\tconfigurable: true,\n\tget\(\) \{\n\t\treturn (.*);\n\t\}\n\}\);$/gm;
const STAR = /^__vite_ssr_exportAll__\((__vite_ssr_import_\d+__)\);$/gm;
/** oxc's module transform forgets the default binding of such a statement. */
const DEFAULT_AND_NAMESPACE = /^import (\S+), \* as (\S+) from (.+);$/gm;

/**
 * Takes types away and turns `import` and `export` into data.
 *
 * @throws UserError with every syntax error
 */
export function transform(file: string, source: string, format: Format): Transformed {
  const oxc = oxcTransform();
  const typescript = /\.(?:[mc]?ts|tsx)$/.test(file);
  const isJsx = hasJsx(file);
  const options = isJsx || (typescript && mayDecorate(source)) ? compilerOptions(dirname(file)) : {};
  const first = oxc.transformSync(file, source, {
    lang: `${typescript ? "ts" : "js"}${isJsx ? "x" : ""}`,
    ...(isJsx && { jsx: jsxOptions(source, options) }),
    sourceType: format === "commonjs" ? "commonjs" : "module",
    target: "node20",
    sourcemap: true,
    ...(options.experimentalDecorators === true && {
      decorator: { legacy: true, emitDecoratorMetadata: options.emitDecoratorMetadata === true },
    }),
    ...(options.useDefineForClassFields === false && {
      assumptions: { setPublicClassFields: true },
      typescript: { removeClassFieldsWithoutInitializer: true },
    }),
  });
  const errors = first.errors.filter((error) => error.severity === "Error");
  // What a sloppy script may do (octal numbers, `return`) a module may not: read it again as the script it may be.
  if (errors.length > 0 && format === "either") {
    const script = attempt(() => transform(file, source, "commonjs"));
    if (script !== undefined) return script;
  }
  if (errors.length > 0) throw syntaxErrors(file, source, errors);

  const plain = first.code
    .replace(/^#!.*/, "")
    .replace(/^export \{\};$/gm, "")
    .replace(DEFAULT_AND_NAMESPACE, "import $1 from $3;import * as $2 from $3;");
  const second = oxc.moduleRunnerTransformSync(format === "commonjs" ? "x.cjs" : "x.mjs", plain, { sourcemap: true });
  if (second.errors.length > 0) throw syntaxErrors(file, plain, second.errors);
  const imports: Import[] = [];
  const exports = new Map<string, string>();
  const stars: string[] = [];
  const body = second.code
    .replace(IMPORT, (all, binding: string, specifier: string, names: string | undefined) => {
      imports.push({
        binding,
        specifier: JSON.parse(specifier) as string,
        names: names === undefined ? undefined : (JSON.parse(names) as string[]),
      });
      return blank(all);
    })
    .replace(EXPORT, (all, name: string, value: string) => {
      exports.set(JSON.parse(name) as string, value);
      return blank(all);
    })
    .replace(STAR, (all, binding: string) => {
      stars.push(binding);
      return blank(all);
    });
  const waits = format !== "commonjs" && waitsAtTopLevel(body);
  return {
    body,
    imports,
    exports,
    stars,
    maps: [first.map, second.map].filter((map) => map !== undefined),
    esm:
      format === "module" ||
      (format === "either" &&
        (waits || imports.length + exports.size > 0 || body.includes("__vite_ssr_import_meta__"))),
    waits,
  };
}

/** Newlines stay, so that what follows keeps its line. */
function blank(text: string): string {
  return text.replace(/[^\n]+/g, "");
}

function mayDecorate(source: string): boolean {
  return /(?:^|[\s(,])@[A-Za-z_$(]|\bdeclare\b|\bclass\b/.test(source);
}

/** In a static block, and in no other place of a plain script, `await` is a syntax error wherever it is not inside a function. */
function waitsAtTopLevel(body: string): boolean {
  if (!/\bawait\b/.test(body)) return false;
  return attempt(() => compileFunction(`class _{static{${body}\n}}`)) === undefined;
}

function attempt<T>(make: () => T): T | undefined {
  try {
    return make();
  } catch {
    return undefined;
  }
}

/** The parser counts bytes. */
function unitsIn(source: string, bytes: number): number {
  return Buffer.from(source).subarray(0, bytes).toString().length;
}

function syntaxErrors(file: string, source: string, errors: readonly SyntaxProblem[]): UserError {
  return new UserError(
    "usage",
    errors.map((error) => {
      const label = error.labels[0];
      return {
        code: "LOAD_SYNTAX",
        severity: "error" as const,
        message: error.message.replace(/^TS\(\d+\): /, ""),
        file,
        ...(label !== undefined && {
          ...textPosition(source, unitsIn(source, label.start)),
          length: Math.max(1, unitsIn(source, label.end) - unitsIn(source, label.start)),
        }),
        ...(error.helpMessage !== null && { help: error.helpMessage }),
      };
    }),
  );
}
