import {
  closeSync,
  fstatSync,
  mkdirSync,
  openSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { Script } from "node:vm";

/** What other versions left goes after this long, in milliseconds. */
const LIFETIME = 30 * 24 * 60 * 60 * 1000;

/** Commands that are started often, or have to be quick: each keeps the functions that it calls. */
const COMMANDS = ["run", "reap", "flush"];

/** Where compiled code is kept, and for which kind of command. */
let cache: { readonly directory: string; readonly kind: string } | undefined;
/** What had to be compiled, and how many bytes were kept of it and could not be used. */
const compiled: { readonly script: Script; readonly file: string; readonly unusable: number }[] = [];

/**
 * Lets our code be kept as V8 compiled it, functions that were called included, which takes half of a start away.
 * It is in `$XDG_CACHE_HOME/flowctl`, by default `~/.cache/flowctl`, or where `NODE_COMPILE_CACHE` says;
 * `NODE_DISABLE_COMPILE_CACHE` does without, as in Node itself.
 */
export function openCodeCache(args: readonly string[], variables: NodeJS.ProcessEnv): void {
  const directory = cacheDirectory(variables);
  if (directory === undefined) return;
  const kind = COMMANDS.find((each) => args.includes(each)) ?? "other";
  cache = { directory, kind: `${process.version}-${process.arch}-${kind}` };
}

function cacheDirectory(variables: NodeJS.ProcessEnv): string | undefined {
  const set = (name: string): string | undefined => (variables[name] === "" ? undefined : variables[name]);
  if (set("NODE_DISABLE_COMPILE_CACHE") !== undefined) return undefined;
  const home = set("HOME");
  const base =
    set("NODE_COMPILE_CACHE") ??
    set("XDG_CACHE_HOME") ??
    (process.platform === "win32" ? set("LOCALAPPDATA") : undefined) ??
    (home === undefined ? undefined : join(home, ".cache"));
  return base === undefined ? undefined : join(base, "flowctl");
}

/**
 * Evaluates the code of one of our files.
 *
 * @param url the file that wants it: `x.js`, with its code in `x.code.js`
 * @param hash of the code
 * @param imported the namespaces that it imports, by specifier
 * @param importLate what the file's own `import()` does
 * @returns what it exports
 * @public called by what `bin/code.js` writes
 */
export function evaluate(
  url: string,
  hash: string,
  imported: Readonly<Record<string, unknown>>,
  importLate: (specifier: string) => Promise<unknown>,
): Readonly<Record<string, unknown>> {
  const filename = fileURLToPath(url).replace(/js$/, "code.js");
  const file = cache === undefined ? undefined : join(cache.directory, `${hash}-${placeOf(filename)}-${cache.kind}`);
  const cachedData = file === undefined ? undefined : read(file);
  const script = new Script(readFileSync(filename, "utf8"), {
    filename,
    ...(cachedData !== undefined && { cachedData }),
  });
  if (file !== undefined && script.cachedDataRejected !== false)
    compiled.push({ script, file, unusable: sizeOf(file) ?? 0 });
  const require = createRequire(url);
  const module = { exports: {} };
  const run = script.runInThisContext() as (module: object, ...given: readonly unknown[]) => void;
  run(
    module,
    Object.assign((name: string): unknown => imported[name] ?? require(name), require),
    importLate,
    url,
  );
  return module.exports;
}

/** Compiled code holds its file's path, which stacks show: an install uses only its own. */
function placeOf(filename: string): string {
  let lane = 0x811c9dc5;
  for (let at = 0; at < filename.length; at += 1) lane = Math.imul(lane ^ filename.charCodeAt(at), 0x01000193);
  return (lane >>> 0).toString(36);
}

/**
 * What was kept, if it is whole and nobody else's. V8 checks no more than a header and dies of a wrong byte: so it is
 * there twice, which is looked through faster than a checksum.
 */
function read(file: string): Buffer | undefined {
  let descriptor: number | undefined;
  try {
    descriptor = openSync(file, "r");
    const { uid, mode } = fstatSync(descriptor);
    if (isOthers(uid, mode)) return undefined;
    const twice = readFileSync(descriptor);
    const half = twice.subarray(0, twice.length / 2);
    return half.length > 0 && half.equals(twice.subarray(half.length)) ? half : undefined;
  } catch {
    return undefined;
  } finally {
    if (descriptor !== undefined) closeSync(descriptor);
  }
}

function isOthers(uid: number, mode: number): boolean {
  return process.getuid !== undefined && (uid !== process.getuid() || (mode & 0o022) !== 0);
}

/**
 * Keeps what this process had to compile; where that cannot be, the next one compiles it again. The first process only
 * leaves a mark, because to keep takes as long as to compile: a machine that is thrown away after it does not pay.
 */
export function keepCode(): void {
  if (cache === undefined || compiled.length === 0) return;
  const { directory } = cache;
  try {
    mkdirSync(directory, { recursive: true, mode: 0o700 });
    const { uid, mode } = statSync(directory);
    if (isOthers(uid, mode)) return;
    for (const { script, file, unusable } of compiled.splice(0)) {
      const size = sizeOf(file);
      if (size === undefined) writeFileSync(file, "", { mode: 0o600 });
      // Another size is that of another process, which was quicker: a runner ends before its parent, and knows more.
      else if (size === unusable) write(file, script.createCachedData());
    }
    prune(directory);
  } catch {
    // No home, a full disk, somebody else's directory: nothing that anybody has to be told.
  }
}

function sizeOf(file: string): number | undefined {
  try {
    return statSync(file).size;
  } catch {
    return undefined;
  }
}

function write(file: string, data: Buffer): void {
  const draft = `${file}.${String(process.pid)}`;
  try {
    writeFileSync(draft, Buffer.concat([data, data]), { mode: 0o600 });
    renameSync(draft, file);
  } finally {
    rmSync(draft, { force: true });
  }
}

function prune(directory: string): void {
  for (const name of readdirSync(directory)) {
    const file = join(directory, name);
    if (Date.now() - statSync(file).mtimeMs > LIFETIME) rmSync(file, { force: true });
  }
}
