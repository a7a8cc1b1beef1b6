import {
  closeSync,
  constants,
  fstatSync,
  lstatSync,
  mkdirSync,
  openSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
  type Stats,
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
/** Why the directory that a variable names is not used. */
let refusal: string | undefined;
/** What had to be compiled, and how many bytes were kept of it and could not be used. */
const compiled: { readonly script: Script; readonly file: string; readonly unusable: number }[] = [];

/**
 * Lets our code be kept as V8 compiled it, functions that were called included, which takes half of a start away.
 * It is in `$XDG_CACHE_HOME/flowctl`, by default `~/.cache/flowctl`, or where `NODE_COMPILE_CACHE` says;
 * `NODE_DISABLE_COMPILE_CACHE` does without, as in Node itself.
 */
export function openCodeCache(args: readonly string[], variables: NodeJS.ProcessEnv): void {
  const { directory, variable } = cacheDirectory(variables);
  if (directory === undefined) return;
  if (isOthers(directory)) {
    const reason = "the directory belongs to another user, or others may write to it";
    // Under sudo the home is often another user's.
    if (variable !== "HOME")
      refusal = `compiled code is not kept in ${directory}: ${reason}; set ${variable} to a directory of your own`;
    return;
  }
  const kind = COMMANDS.find((each) => args.includes(each)) ?? "other";
  cache = { directory, kind: `${process.version}-${process.arch}-${kind}` };
}

function cacheDirectory(variables: NodeJS.ProcessEnv): { readonly directory?: string; readonly variable: string } {
  const isSet = (name: string): boolean => (variables[name] ?? "") !== "";
  const [variable = "HOME"] = ["NODE_COMPILE_CACHE", "XDG_CACHE_HOME", ...LOCAL].filter(isSet);
  const base = variables[variable] ?? "";
  if (isSet("NODE_DISABLE_COMPILE_CACHE") || base === "") return { variable };
  return { directory: join(variable === "HOME" ? join(base, ".cache") : base, "flowctl"), variable };
}

/** What Windows calls the directory of a user's own data. */
const LOCAL = process.platform === "win32" ? ["LOCALAPPDATA"] : [];

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
    // A FIFO in the place of the file must not be waited for.
    descriptor = openSync(file, constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOFOLLOW);
    const stat = fstatSync(descriptor);
    if (!stat.isFile() || isWritableByOthers(stat)) return undefined;
    const twice = readFileSync(descriptor);
    const half = twice.subarray(0, twice.length / 2);
    return half.length > 0 && half.equals(twice.subarray(half.length)) ? half : undefined;
  } catch {
    return undefined;
  } finally {
    if (descriptor !== undefined) closeSync(descriptor);
  }
}

/** Whether a directory exists that another user owns or may write to. */
function isOthers(directory: string): boolean {
  const stat = statSync(directory, { throwIfNoEntry: false });
  return stat !== undefined && isWritableByOthers(stat);
}

function isWritableByOthers({ uid, mode }: Pick<Stats, "uid" | "mode">): boolean {
  return process.getuid !== undefined && (uid !== process.getuid() || (mode & 0o022) !== 0);
}

/**
 * Keeps what this process had to compile; where that cannot be, the next one compiles it again. The first process only
 * leaves a mark, because to keep takes as long as to compile: a machine that is thrown away after it does not pay.
 *
 * @returns why the directory is not used, in one sentence; `undefined` where it is
 */
export function keepCode(): string | undefined {
  if (cache === undefined || compiled.length === 0) return refusal;
  const { directory } = cache;
  try {
    mkdirSync(directory, { recursive: true, mode: 0o700 });
    if (isOthers(directory)) return undefined;
    for (const { script, file, unusable } of compiled.splice(0)) {
      const size = sizeOf(file);
      if (size === undefined) writeFileSync(file, "", { mode: 0o600, flag: "wx" });
      // Another size is that of another process, which was quicker: a runner ends before its parent, and knows more.
      else if (size === unusable) write(file, script.createCachedData());
    }
    prune(directory);
  } catch {
    // No home or a full disk: the next process compiles again.
  }
  return undefined;
}

function sizeOf(file: string): number | undefined {
  try {
    return lstatSync(file).size;
  } catch {
    return undefined;
  }
}

function write(file: string, data: Buffer): void {
  const draft = `${file}.${String(process.pid)}`;
  try {
    writeFileSync(draft, Buffer.concat([data, data]), { mode: 0o600, flag: "wx" });
    renameSync(draft, file);
  } finally {
    rmSync(draft, { force: true });
  }
}

function prune(directory: string): void {
  for (const name of readdirSync(directory)) {
    const file = join(directory, name);
    if (Date.now() - lstatSync(file).mtimeMs > LIFETIME) rmSync(file, { force: true });
  }
}
