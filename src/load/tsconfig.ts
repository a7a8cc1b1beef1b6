import { existsSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join, resolve } from "node:path";
import { runInNewContext } from "node:vm";

/** What of a tsconfig changes how a module runs. */
export interface CompilerOptions {
  readonly experimentalDecorators?: boolean;
  readonly emitDecoratorMetadata?: boolean;
  readonly useDefineForClassFields?: boolean;
  readonly jsx?: string;
  readonly jsxFactory?: string;
  readonly jsxFragmentFactory?: string;
  readonly jsxImportSource?: string;
}

const known = new Map<string, CompilerOptions>();

/** The options of the tsconfig nearest to a directory, with what it extends; none where there is none. */
export function compilerOptions(directory: string): CompilerOptions {
  const found = known.get(directory);
  if (found !== undefined) return found;
  const file = join(directory, "tsconfig.json");
  const parent = dirname(directory);
  const options = existsSync(file) ? read(file, new Set()) : parent === directory ? {} : compilerOptions(parent);
  known.set(directory, options);
  return options;
}

function read(file: string, seen: Set<string>): CompilerOptions {
  if (seen.has(file)) return {};
  seen.add(file);
  const config = parse(file);
  const parents = [config.extends ?? []].flat();
  const options: CompilerOptions[] = parents.map((each) => read(parentFile(file, each), seen));
  return [...options, config.compilerOptions ?? {}].reduce<CompilerOptions>((all, each) => ({ ...all, ...each }), {});
}

function parentFile(file: string, name: string): string {
  if (!name.startsWith(".") && !name.startsWith("/")) {
    try {
      return createRequire(file).resolve(name);
    } catch {
      return file;
    }
  }
  const path = resolve(dirname(file), name);
  return existsSync(path) && !existsSync(join(path, "tsconfig.json")) ? path : `${path}.json`;
}

/** A tsconfig is JSON with comments and trailing commas: an object literal. In a context of its own it can reach nothing. */
function parse(file: string): { extends?: string | string[]; compilerOptions?: CompilerOptions } {
  try {
    const text = readFileSync(file, "utf8").replace(/^\uFEFF/, "");
    const value: unknown = runInNewContext(`(${text}\n)`, Object.create(null) as object, { timeout: 1000 });
    return typeof value === "object" && value !== null ? value : {};
  } catch {
    return {};
  }
}
