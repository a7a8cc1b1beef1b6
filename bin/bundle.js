/**
 * Bundles `src/` into `dist/`: few files, because a file more costs a start of
 * Node more than its size does, and small ones, because so does what is read
 * and never used. Of our own modules, those of every run are one file; those
 * that are imported only when they are needed are a second. What is heavy stays
 * apart: packages, and those of our modules that cannot be without one.
 */
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { asScripts } from "./code.js";

const root = fileURLToPath(new URL("..", import.meta.url));
const dist = join(root, "dist");

/** What each command and the public API begin with. */
const FIRST = ["src/main.ts", "src/index.ts"];
/** What every run needs, though it is imported late in the source. */
const HOT =
  /^src\/(?:commands\/run|coordinator\/library|load\/.+|host\/.+|reporters\/(?:plain|quiet|github)|secrets\/(?:secrets|secret-index|hiding))\.ts$/;
/** Apart as they are: the first step of all, and what a program without the command line may need. */
const APART = /^src\/(?:cli\.ts|authoring\/)/;
/** Packages that are light, or that every command needs. */
const LIGHT =
  /node_modules\/(?:commander|chalk|dequal|fastest-levenshtein|ms|picomatch|string-width|strip-ansi|ansi-regex|get-east-asian-width|emoji-regex)\//;
const IMPORT = /\bimport\(\s*"(\.[^"]+\.ts)"\s*\)/g;

const options = {
  absWorkingDir: root,
  entryPoints: ["src/cli.ts", "src/index.ts", "src/testing.ts", "src/secrets/keychain-host.ts"],
  outbase: "src",
  chunkNames: "chunk-[hash]",
  outdir: "dist",
  bundle: true,
  splitting: true,
  format: "esm",
  platform: "node",
  target: "node20",
  minifySyntax: true,
  minifyWhitespace: true,
  legalComments: "none",
  logLevel: "warning",
  logOverride: { "ignored-bare-import": "silent" },
  external: ["twilio", "keytar", "oxc-transform", "oxc-resolver", "fs-native-extensions", "typescript"],
  define: { FLOWCTL_BUNDLED: "true" },
  banner: { js: "import{createRequire as __cr}from'node:module';const require=__cr(import.meta.url);" },
};

/** What each file imports at once, from a pass that writes nothing. */
const { inputs } = (await build({ ...options, write: false, metafile: true })).metafile;

/** Whether a file brings a heavy package with it. */
function isHeavy(file, seen = new Set()) {
  if (seen.has(file)) return false;
  seen.add(file);
  if (file.includes("node_modules/")) return !LIGHT.test(file);
  return (inputs[file]?.imports ?? []).some((each) => each.kind === "import-statement" && isHeavy(each.path, seen));
}

/** Every late import of one of our modules: from which file, and of which. */
const late = Object.keys(inputs)
  .filter((file) => file.startsWith("src/") && !APART.test(file))
  .flatMap((file) =>
    [...readFileSync(join(root, file), "utf8").matchAll(IMPORT)].map(([, specifier]) => target(file, specifier)),
  );
const second = [...new Set(late)].filter((file) => !HOT.test(file) && !isHeavy(file));

/** The first file's modules. */
const inFirst = reachedBy([...FIRST, ...late.filter((file) => HOT.test(file))]);

function reachedBy(files, seen = new Set()) {
  for (const file of files) {
    if (seen.has(file)) continue;
    seen.add(file);
    const imports = (inputs[file]?.imports ?? []).filter((each) => each.kind === "import-statement");
    reachedBy(
      imports.map(({ path }) => path),
      seen,
    );
  }
  return seen;
}

/** What the public API imports late: entries of their own, which must reach the first file's modules, too. */
const lateApart = Object.keys(inputs)
  .filter((file) => file.startsWith("src/authoring/"))
  .flatMap((file) =>
    [...readFileSync(join(root, file), "utf8").matchAll(IMPORT)].map(([, specifier]) => target(file, specifier)),
  );

function target(file, specifier) {
  return relative(root, join(root, dirname(file), specifier)).replaceAll("\\", "/");
}

/**
 * esbuild makes a file of what the same entries reach. So that all of the first
 * file's modules are one file, every entry reaches all of them.
 */
const reachFirst = FIRST.map((file) => `import ${JSON.stringify(join(root, file))};`).join("");
const { version } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));

const joinOwnModules = {
  name: "join-own-modules",
  setup(esbuild) {
    esbuild.onResolve({ filter: /^flowctl:second$/ }, ({ path }) => ({ path, namespace: "flowctl" }));
    esbuild.onLoad({ filter: /.*/, namespace: "flowctl" }, () => ({
      contents:
        reachFirst +
        second.map((file, index) => `export * as m${index} from ${JSON.stringify(`./${file}`)};`).join("\n"),
      resolveDir: root,
    }));
    esbuild.onLoad({ filter: /[\\/]src[\\/].*\.ts$/ }, ({ path }) => {
      const file = relative(root, path).replaceAll("\\", "/");
      const source = quietBuiltins(readFileSync(path, "utf8"));
      // The first file of all has nothing in common with the others.
      if (file === "src/cli.ts") {
        return {
          contents: source.replace(/^import \{ VERSION \} .*$/m, `const VERSION = "${version}";`),
          loader: "ts",
        };
      }
      if (file === "src/version.ts") return { contents: `export const VERSION = "${version}";`, loader: "ts" };
      const heads = reachesFirst(file) ? [reachFirst] : [];
      if (isHeavyEntry(file) && !inFirst.has(file)) heads.push('import"flowctl:second";');
      if (APART.test(file)) return { contents: heads.join("") + source, loader: "ts" };
      let count = 0;
      const contents = source.replace(IMPORT, (all, specifier) => {
        const wanted = target(file, specifier);
        if (second.includes(wanted)) return `import("flowctl:second").then((all)=>all.m${second.indexOf(wanted)})`;
        if (!HOT.test(wanted)) return all;
        count += 1;
        heads.push(`import*as __hot${count} from${JSON.stringify(specifier)};`);
        return `Promise.resolve(__hot${count})`;
      });
      return { contents: heads.join("") + contents, loader: "ts" };
    });
  },
};

/** Entries, by name or because something imports them late. */
function reachesFirst(file) {
  return FIRST.includes(file) || file === "src/testing.ts" || lateApart.includes(file) || isHeavyEntry(file);
}

/**
 * What brings a heavy package with it and is imported late. It reaches all of the second file's modules, so that what
 * both need is no file of its own, unless it is in the first file anyway.
 */
function isHeavyEntry(file) {
  return late.includes(file) && !second.includes(file) && !HOT.test(file);
}

/**
 * An import of one of Node's own modules reads every export of it, and with
 * that loads streams, sockets and more. This takes those that are named; and
 * of what few runs need, only when it is called.
 */
function quietBuiltins(source) {
  return source.replace(/^import \{([^}]*)\} from "(node:[^"]+)";/gm, (all, names, module) => {
    const values = names
      .split(",")
      .map((name) => name.trim())
      .filter((name) => name !== "" && !name.startsWith("type "))
      .map((name) => name.split(" as "));
    const from = `process.getBuiltinModule(${JSON.stringify(module)})`;
    return values
      .map(([name, local = name]) =>
        /^node:(?:crypto|child_process|net|readline|https?)$/.test(module)
          ? `const ${local} = (...given) => ${from}.${name}(...given);`
          : `const ${local} = ${from}.${name};`,
      )
      .join("");
  });
}

/** string-width makes a segmenter when it is imported, which takes longer than a task; most texts need none. */
const lazySegmenter = {
  name: "lazy-segmenter",
  setup(esbuild) {
    esbuild.onLoad({ filter: /node_modules[\\/]string-width[\\/]index\.js$/ }, ({ path }) => {
      // Of the version that other packages bring along, nothing is read but for a spinner.
      if (path !== join(root, "node_modules/string-width/index.js")) return undefined;
      const before = "const segmenter = new Intl.Segmenter();";
      const source = readFileSync(path, "utf8");
      if (!source.includes(before)) throw new Error("string-width is not what it was: see bin/bundle.js");
      return {
        contents: source
          .replace(
            before,
            "let made; const segmenter = { segment: (text) => (made ??= new Intl.Segmenter()).segment(text) };",
          )
          .replace("let width = 0;", "if (/^[ -~]*$/.test(string)) return string.length; let width = 0;"),
      };
    });
  },
};

/** commander starts programs for sub-commands that are files; ours are not. */
const lazyChildProcess = {
  name: "lazy-child-process",
  setup(esbuild) {
    esbuild.onLoad({ filter: /node_modules[\\/]commander[\\/]lib[\\/]command\.js$/ }, ({ path }) => ({
      contents: readFileSync(path, "utf8").replace(
        /const childProcess = require\('node:child_process'\);/,
        "const childProcess = { spawn: (...given) => require('node:child_process').spawn(...given) };",
      ),
    }));
  },
};

const { outputFiles, metafile } = await build({
  ...options,
  write: false,
  metafile: true,
  plugins: [joinOwnModules, lazyChildProcess, lazySegmenter],
});
/**
 * A file that only hands on what another exports under the same names costs a
 * start as much as any: who imports it late gets the other.
 */
const HANDS_ON = /^import\{([^{}]*)\}from"\.{1,2}(\/[^"]+)";(?:import"[^"]+";)*export\{([^{}]*)\};\s*$/;
const shortcuts = new Map();
for (const { path, text } of outputFiles) {
  const [, imported, from, exported] = HANDS_ON.exec(text.replace(options.banner.js, "").trim()) ?? [];
  if (imported !== undefined && imported === exported) shortcuts.set(`./${relative(dist, path)}`, `.${from}`);
}
const outputs = Object.fromEntries(
  Object.entries(metafile.outputs).map(([path, each]) => [relative("dist", path), each]),
);
/** esbuild's own helpers do nothing when they are imported for nothing. */
const isIdle = (path) => Object.keys(outputs[path.slice("./".length)]?.inputs ?? [path]).length === 0;
const shorten = (text) =>
  text
    .replace(/\bimport\("(\.\/[^"]+)"\)/g, (all, path) => `import("${shortcuts.get(path) ?? path}")`)
    .replace(/\bimport"(\.\/[^"]+)";/g, (all, path) => (isIdle(path) ? "" : all));

const isEntry = (path) => options.entryPoints.includes(`src/${relative(dist, path).replace(/js$/, "ts")}`);
const written = await asScripts(
  outputFiles
    .filter(({ path }) => isEntry(path) || !shortcuts.has(`./${relative(dist, path)}`))
    .map(({ path, text }) => ({ path, text: shorten(text) })),
  outputs,
  options,
  options.banner.js,
);
// New files first, old ones last: somebody may be running what is there.
for (const { path, text } of written) {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(`${path}.new`, text);
  renameSync(`${path}.new`, path);
}
/** Says which modules each file is made of: for a test of what a run loads. It is no part of the package. */
const modules = Object.entries(metafile.outputs).map(([file, { inputs: made }]) => [file, Object.keys(made)]);
writeFileSync(join(dist, "modules.json"), JSON.stringify(Object.fromEntries(modules)));

const made = new Set(written.map(({ path }) => relative(dist, path)));
for (const name of readdirSync(dist)) {
  if (name.endsWith(".js") && !made.has(name)) rmSync(join(dist, name), { force: true });
}
