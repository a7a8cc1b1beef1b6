import { readFileSync, realpathSync, statSync } from "node:fs";
import { isBuiltin } from "node:module";
import { dirname, extname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import type { NapiResolveOptions, ResolverFactory } from "oxc-resolver";
import { oxcResolver } from "./oxc.ts";
import { libraryUrl } from "./library.ts";
import { HELPER_PREFIX } from "./runtime-helpers.ts";

/** What a specifier stands for. */
export type Target =
  /** A file of the person's: we run it. */
  | { readonly kind: "own"; readonly file: string }
  | { readonly kind: "json"; readonly file: string }
  /** Node's to load: a package, a builtin, an addon, any other URL. */
  | { readonly kind: "foreign"; readonly url: string; readonly file?: string }
  | { readonly kind: "helper"; readonly name: string }
  | { readonly kind: "missing"; readonly why: string };

export type Way = "import" | "require";

const CODE = new Set([".ts", ".mts", ".cts", ".tsx", ".js", ".mjs", ".cjs", ".jsx"]);
const ALIASES = {
  ".js": [".ts", ".tsx", ".js", ".jsx"],
  ".jsx": [".tsx", ".jsx"],
  ".mjs": [".mts", ".mjs"],
  ".cjs": [".cts", ".cjs"],
};
const resolvers = new Map<string, ResolverFactory>();

/** Finds what a module means by a specifier: exact files at a glance, everything else by `oxc-resolver`. */
export function resolve(specifier: string, from: string, way: Way): Target {
  if (specifier.startsWith(HELPER_PREFIX)) return { kind: "helper", name: specifier.slice(HELPER_PREFIX.length) };
  const library = libraryUrl(specifier);
  if (library !== undefined) return { kind: "foreign", url: library };
  if (isBuiltin(specifier))
    return { kind: "foreign", url: specifier.startsWith("node:") ? specifier : `node:${specifier}` };
  if (specifier.startsWith("file:")) return classify(realpathSync(fileURLToPath(specifier)));
  if (/^[a-z][a-z+.-]+:/.test(specifier)) return { kind: "foreign", url: specifier };
  const request = specifier.replace(/[?#].*$/, "") || specifier;
  const exact = exactFile(request, from);
  if (exact !== undefined) return classify(exact);
  const found = resolver(way, true).resolveFileSync(from, specifier.startsWith("#") ? specifier : request);
  if (found.path === undefined) return { kind: "missing", why: found.error ?? "not found" };
  // A package may ship its sources beside what it runs: then what Node would take is meant.
  if (isInstalled(found.path) && /\.(?:[mc]?ts|tsx)$/.test(found.path)) {
    const plain = resolver(way, false).sync(dirname(from), request);
    if (plain.path !== undefined) return classify(plain.path);
  }
  return classify(found.path);
}

function classify(file: string): Target {
  const extension = extname(file);
  if (extension === ".json") return { kind: "json", file };
  if (CODE.has(extension) && (!isInstalled(file) || /tsx?$/.test(extension) || usesFlowctl(file)))
    return { kind: "own", file };
  return { kind: "foreign", url: pathToFileURL(file).href, file };
}

function isInstalled(file: string): boolean {
  return /[\\/]node_modules[\\/]/.test(file);
}

/** An installed package that builds on flowctl must get this copy of it, so we run it ourselves. */
function usesFlowctl(file: string): boolean {
  const directory = /^.*[\\/]node_modules[\\/](?:@[^\\/]+[\\/])?[^\\/]+/.exec(file)?.[0];
  if (directory === undefined) return false;
  const manifest = readManifest(directory);
  return "flowctl" in { ...manifest?.dependencies, ...manifest?.peerDependencies };
}

function exactFile(request: string, from: string): string | undefined {
  if (!/^\.{0,2}\//.test(request) || !/\.(?:[mc]?[jt]s|[jt]sx|json)$/.test(request)) return undefined;
  const path = request.startsWith("/") ? request : join(dirname(from), request);
  if (/js$/.test(path) && isFile(path.replace(/js$/, "ts"))) return realpathSync(path.replace(/js$/, "ts"));
  return isFile(path) ? realpathSync(path) : undefined;
}

function isFile(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isFile() === true;
}

function resolver(way: Way, typescript: boolean): ResolverFactory {
  const key = `${way} ${String(typescript)}`;
  const found = resolvers.get(key);
  if (found !== undefined) return found;
  const plain: NapiResolveOptions = {
    conditionNames: ["node", way, "module-sync", "default"],
    extensions: [".js", ".cjs", ".json", ".node"],
    mainFields: ["main"],
  };
  const { ResolverFactory } = oxcResolver();
  const made = new ResolverFactory(
    typescript
      ? {
          ...plain,
          tsconfig: "auto",
          extensions: [".ts", ".mts", ".cts", ".tsx", ".js", ".mjs", ".cjs", ".jsx", ".json", ".node"],
          extensionAlias: ALIASES,
        }
      : plain,
  );
  resolvers.set(key, made);
  return made;
}

interface Manifest {
  readonly type?: string;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly peerDependencies?: Readonly<Record<string, string>>;
}

const manifests = new Map<string, Manifest | undefined>();

function readManifest(directory: string): Manifest | undefined {
  if (!manifests.has(directory)) {
    try {
      manifests.set(directory, JSON.parse(readFileSync(join(directory, "package.json"), "utf8")) as Manifest);
    } catch {
      manifests.set(directory, undefined);
    }
  }
  return manifests.get(directory);
}

/** The `type` of the package that a file belongs to; `undefined` where none says. */
export function packageType(file: string): string | undefined {
  for (let directory = dirname(file); ; directory = dirname(directory)) {
    const manifest = readManifest(directory);
    if (manifest !== undefined) return manifest.type;
    if (directory === dirname(directory) || /[\\/]node_modules$/.test(directory)) return undefined;
  }
}
