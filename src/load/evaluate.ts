import { readFileSync } from "node:fs";
import { fileURLToPath, pathToFileURL } from "node:url";
import { types } from "node:util";
import { userError } from "../model/error.ts";
import { namespaceOf } from "./namespace.ts";
import { importForeign } from "./library.ts";
import { loadFailure, missingExport, missingModule } from "./load-error.ts";
import {
  link,
  nodeRequire,
  ownModule,
  runCommonjs,
  type Dependency,
  type Namespace,
  type OwnModule,
  type Reach,
} from "./own-module.ts";
import { resolve, type Target } from "./resolve.ts";
import { HELPERS } from "./runtime-helpers.ts";
import { isMapped } from "./stacks.ts";
import { specifierPosition } from "./text-position.ts";

/** One thing to evaluate: a module of the person's, or what Node loads for one. */
type Step =
  { readonly own: OwnModule } | { readonly url: string; readonly specifier: string; readonly from: OwnModule };

/** What Node has loaded, and JSON, by URL. */
const foreign = new Map<string, Namespace>();

/** Imports a file of the person's with all that it imports, in the order of the language. */
export async function importOwn(file: string): Promise<Namespace> {
  const module = ownModule(file);
  for (const step of prepare(module)) {
    if ("own" in step) {
      const waiting = start(step.own);
      if (waiting !== undefined) await waiting;
    } else if (!foreign.has(step.url)) {
      try {
        foreign.set(step.url, await importForeign(step.url));
      } catch (error) {
        throw foreignFailure(error, step);
      }
    }
  }
  return module.namespace;
}

/** `require` of a file of the person's: the same, without a moment's wait. */
function requireOwn(file: string): unknown {
  const module = ownModule(file);
  for (const step of prepare(module)) {
    if ("own" in step) {
      if (step.own.state !== "done" && step.own.transformed.waits) {
        throw userError(
          "usage",
          "LOAD_REQUIRE_ASYNC",
          `"${step.own.file}" waits at its top level, so it cannot be required`,
          {
            file: step.own.file,
            help: "import it instead: await import(…)",
          },
        );
      }
      void start(step.own);
    } else if (!foreign.has(step.url)) {
      const value: unknown = nodeRequire(file)(step.url.startsWith("file:") ? fileURLToPath(step.url) : step.url);
      foreign.set(step.url, types.isModuleNamespaceObject(value) ? (value as Namespace) : namespaceOf(value));
    }
  }
  return usesExports(module) ? module.commonjs.exports : module.namespace;
}

/** Everything under a module that has not been evaluated, dependencies first; all of it is linked. */
function prepare(root: OwnModule): readonly Step[] {
  const steps: Step[] = [];
  const seen = new Set<OwnModule>();
  const visit = (module: OwnModule): void => {
    if (seen.has(module) || module.state === "done") return;
    seen.add(module);
    for (const { target, specifier } of module.dependencies) {
      if (target.kind === "own") visit(ownModule(target.file));
      else if (target.kind === "foreign") steps.push({ url: target.url, specifier, from: module });
    }
    steps.push({ own: module });
  };
  visit(root);
  const fresh = [...seen].filter((module) => module.state === "loaded" && module.transformed.esm);
  for (const module of fresh) link(module, reach(module));
  for (let changed = true; changed;) changed = fresh.map(copyStars).includes(true);
  for (const module of fresh) {
    checkNames(module, (dependency) => dependency.transformed.esm && !hasLateNames(dependency, new Set()));
    bind(module);
  }
  return steps;
}

/** Starts a module unless it has been; answers what to wait for, if anything. */
function start(module: OwnModule): Promise<void> | undefined {
  if (module.state === "failed") throw module.error;
  if (module.state === "running") return module.running;
  if (module.state === "done") return undefined;
  const finish = (): void => {
    module.state = "done";
    if (usesExports(module)) addExports(module);
  };
  const fail = (error: unknown): never => {
    module.state = "failed";
    throw (module.error = error);
  };
  try {
    module.state = "running";
    if (!module.transformed.esm) {
      runCommonjs(module, reach(module));
    } else {
      copyStars(module);
      checkNames(module, (dependency) => dependency.state === "done");
      bind(module);
      const result = module.body?.next();
      if (result instanceof Promise) return (module.running = result.then(finish, fail));
    }
  } catch (error) {
    fail(error);
  }
  finish();
  return undefined;
}

/** Whether a module exports by `module.exports`; with `import`, too, it may, where TypeScript would compile it to CommonJS. */
function usesExports({ transformed, commonjs }: OwnModule): boolean {
  const { exports } = commonjs;
  return (
    !transformed.esm ||
    typeof exports !== "object" ||
    exports === null ||
    Reflect.ownKeys(exports).length > 0 ||
    Object.getPrototypeOf(exports) !== Object.prototype
  );
}

function addExports({ namespace, commonjs }: OwnModule): void {
  for (const [name, value] of Object.entries(namespaceOf(commonjs.exports))) {
    if (!(name in namespace)) Object.defineProperty(namespace, name, { enumerable: true, configurable: true, value });
  }
}

/** What an import gives now; `undefined` where it is not there yet. */
function valueOf({ target }: Dependency, interop: boolean): Namespace | undefined {
  switch (target.kind) {
    case "own": {
      const { namespace, transformed, commonjs } = ownModule(target.file);
      return interop && !transformed.esm ? compatible(namespace, commonjs.exports) : namespace;
    }
    case "json":
      return json(target.file);
    case "helper":
      return HELPERS[target.name];
    case "foreign": {
      const found = foreign.get(target.url);
      return found !== undefined && interop ? compatible(found, found["default"]) : found;
    }
    case "missing":
      return undefined;
  }
}

/** For an importer that TypeScript would compile to CommonJS: the default import of a module that was compiled so is its `default`. */
function compatible(namespace: Namespace, exports: unknown): Namespace {
  const compiled = typeof exports === "object" && exports !== null && "__esModule" in exports && "default" in exports;
  return compiled ? { ...namespaceOf(exports), default: exports.default } : namespace;
}

function json(file: string): Namespace {
  const url = pathToFileURL(file).href;
  const known = foreign.get(url);
  if (known !== undefined) return known;
  try {
    const made = namespaceOf(JSON.parse(readFileSync(file, "utf8")));
    foreign.set(url, made);
    return made;
  } catch (error) {
    throw userError("usage", "LOAD_JSON", error instanceof Error ? error.message : String(error), {
      file,
      cause: error,
    });
  }
}

function bind(module: OwnModule): void {
  module.bind?.(module.dependencies.map((each) => valueOf(each, module.interop)));
}

/** Makes what `export * from` names part of a module's own. @returns whether there was anything new */
function copyStars(module: OwnModule): boolean {
  let changed = false;
  for (const dependency of module.dependencies) {
    if (!module.transformed.stars.includes(dependency.binding)) continue;
    const from = valueOf(dependency, false) ?? {};
    for (const name of Object.keys(from)) {
      if (name === "default" || name in module.namespace) continue;
      Object.defineProperty(module.namespace, name, { enumerable: true, configurable: true, get: () => from[name] });
      changed = true;
    }
  }
  return changed;
}

/** Whether some names of a module are known only once it has been evaluated. */
function hasLateNames(module: OwnModule, seen: Set<OwnModule>): boolean {
  if (seen.has(module)) return false;
  seen.add(module);
  return module.dependencies.some(
    ({ binding, target }) =>
      module.transformed.stars.includes(binding) &&
      (target.kind !== "own" || !ownModule(target.file).transformed.esm || hasLateNames(ownModule(target.file), seen)),
  );
}

/** @throws UserError where a name is imported that is not exported */
function checkNames(module: OwnModule, isReady: (dependency: OwnModule) => boolean): void {
  for (const dependency of module.dependencies) {
    const { names, target, specifier } = dependency;
    if (names === undefined || target.kind === "helper" || target.kind === "missing") continue;
    if (target.kind === "own" && !isReady(ownModule(target.file))) continue;
    const value = valueOf(dependency, module.interop);
    const missing = value === undefined ? undefined : names.find((name) => !(name in value));
    if (value !== undefined && missing !== undefined)
      throw missingExport(missing, specifier, module, Object.keys(value));
  }
}

/** What a module can reach others by while it runs. */
function reach(module: OwnModule): Reach {
  const node = nodeRequire(module.file);
  const find = (specifier: string, way: "import" | "require"): Target => {
    const target = resolve(specifier, module.file, way);
    if (target.kind === "missing") throw missingModule(specifier, module, way);
    return target;
  };
  const require = (specifier: string): unknown => {
    const target = find(specifier, "require");
    if (target.kind === "own") return requireOwn(target.file);
    if (target.kind === "json") return json(target.file)["default"];
    if (target.kind === "foreign") return node(target.file ?? fromUrl(target.url));
    return node(specifier);
  };
  return {
    async dynamicImport(specifier) {
      const target = find(String(specifier), "import");
      if (target.kind === "own") return importOwn(target.file);
      if (target.kind === "json") return json(target.file);
      return importForeign(target.kind === "foreign" ? target.url : String(specifier));
    },
    require: Object.assign(require, {
      resolve: Object.assign(
        (specifier: string) => {
          const target = find(specifier, "require");
          return target.kind === "own" || target.kind === "json" ? target.file : node.resolve(specifier);
        },
        { paths: (request: string) => node.resolve.paths(request) },
      ),
      cache: node.cache,
      main: undefined,
    }) as NodeJS.Require,
  };
}

function fromUrl(url: string): string {
  return url.startsWith("file:") ? fileURLToPath(url) : url;
}

function foreignFailure(error: unknown, step: { readonly specifier: string; readonly from: OwnModule }): Error {
  const place = { file: step.from.file, ...specifierPosition(step.from.source, step.specifier) };
  return loadFailure(error, step.from.file, isMapped, place);
}
