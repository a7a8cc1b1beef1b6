import { createRequire } from "node:module";
import type { ResolverFactory } from "oxc-resolver";
import type { SourceMap, TransformOptions } from "oxc-transform";
import { userError } from "../model/error.ts";

/** What we use of `oxc-transform`. */
interface Transform {
  transformSync(file: string, source: string, options: TransformOptions): Result;
  /** Turns `import` and `export` into calls and properties. */
  moduleRunnerTransformSync(file: string, source: string, options: { readonly sourcemap: boolean }): Result;
}

interface Result {
  readonly code: string;
  readonly map?: SourceMap;
  readonly errors: readonly SyntaxProblem[];
}

/** What the parser says is wrong; offsets in bytes of UTF-8. */
export interface SyntaxProblem {
  readonly severity: string;
  readonly message: string;
  readonly labels: readonly { readonly start: number; readonly end: number }[];
  readonly helpMessage: string | null;
}

interface Resolver {
  readonly ResolverFactory: typeof ResolverFactory;
}

const require = createRequire(import.meta.url);
let transform: Transform | undefined;
let resolver: Resolver | undefined;

/** The transformer; loaded when the first module needs it. */
export function oxcTransform(): Transform {
  return (transform ??= binding("transform") as Transform);
}

/** The resolver; loaded when the first specifier needs more than a look at the disk. */
export function oxcResolver(): Resolver {
  return (resolver ??= binding("resolver") as Resolver);
}

/**
 * The addon itself where it lies beside us: the packages' own entry probes the
 * machine for its C library first, and takes four times as long.
 */
function binding(name: "transform" | "resolver"): unknown {
  const libc = process.platform === "linux" ? "-gnu" : process.platform === "win32" ? "-msvc" : "";
  try {
    return require(`@oxc-${name}/binding-${process.platform}-${process.arch}${libc}`);
  } catch {
    return otherwise(name);
  }
}

function otherwise(name: "transform" | "resolver"): unknown {
  try {
    return require(`oxc-${name}`);
  } catch (error) {
    throw userError("usage", "LOAD_NO_ADDON", `the addon of oxc-${name} for this machine is not installed`, {
      help: "install again without --omit=optional and, after a change of machine, without the old node_modules",
      cause: error,
    });
  }
}
