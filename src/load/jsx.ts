import type { JsxOptions } from "oxc-transform";
import type { CompilerOptions } from "./tsconfig.ts";

/** Whether a file's name says that it may hold JSX. */
export function hasJsx(file: string): boolean {
  return /\.[jt]sx$/.test(file);
}

/**
 * How the JSX of a module is compiled: as the tsconfig says (`jsx`, `jsxFactory`, `jsxFragmentFactory`,
 * `jsxImportSource`), but a file's own pragma comes first. Without either it calls `react/jsx-runtime`.
 */
export function jsxOptions(source: string, options: CompilerOptions): JsxOptions {
  const isClassic = hasPragma(source, "jsx") || (options.jsx === "react" && !hasPragma(source, "jsxImportSource"));
  if (!isClassic) {
    return {
      runtime: "automatic",
      ...(options.jsxImportSource !== undefined && { importSource: options.jsxImportSource }),
    };
  }
  return {
    runtime: "classic",
    ...(options.jsxFactory !== undefined && { pragma: options.jsxFactory }),
    ...(options.jsxFragmentFactory !== undefined && { pragmaFrag: options.jsxFragmentFactory }),
  };
}

/** The compiler reads its value; the choice between the two forms is ours. */
function hasPragma(source: string, name: string): boolean {
  return new RegExp(`@${name}\\s+[\\w$@/.-]+`).test(source);
}
