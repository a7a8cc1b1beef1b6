/**
 * Makes scripts of the larger bundled files, so that Node can be handed what V8
 * compiled of them at an earlier start: of modules it keeps only what was
 * compiled before they ran, and in Node 20 nothing. `x.js` becomes a module that
 * imports and exports as before, around the script `x.code.js`
 * (see `src/host/code-cache.ts`).
 */
import { createHash } from "node:crypto";
import { basename } from "node:path";
import { init, parse } from "es-module-lexer";
import { build } from "esbuild";

/** Smaller files are compiled sooner than another file is read. */
const LEAST = 16 * 1024;
/** What is imported from files as small, and has no state, is copied into the script. */
const COPIED = 10 * 1024;

/**
 * @param files esbuild's output files, as `{ path, text }`
 * @param outputs the same files in its metafile, by name
 * @param options of the build
 * @param banner that every file begins with
 */
export async function asScripts(files, outputs, options, banner) {
  await init;
  const texts = new Map(files.map(({ path, text }) => [basename(path), text]));
  const copied = (name) =>
    (texts.get(name)?.length ?? Infinity) < COPIED &&
    Object.keys(outputs[name].inputs).every((input) => !input.startsWith("src/")) &&
    outputs[name].imports.every((each) => copied(basename(each.path)));
  const cache = Object.keys(outputs).find((name) => "src/host/code-cache.ts" in outputs[name].inputs);
  const made = await Promise.all(
    files.map(async (file) => {
      const name = basename(file.path);
      if (!name.startsWith("chunk-") || name === cache || file.text.length < LEAST) return [file];
      const { imports, exports } = outputs[name];
      const { outputFiles } = await build({
        ...options,
        entryPoints: undefined,
        stdin: {
          contents: withoutImports(file.text.replace(banner, "")),
          sourcefile: name,
          resolveDir: options.absWorkingDir,
        },
        format: "cjs",
        splitting: false,
        banner: {},
        define: { "import.meta.url": "__url" },
        write: false,
        plugins: [copy(texts, copied)],
      });
      const code = `(function(module,require,__import,__url){${outputFiles[0].text}})`;
      const needed = [
        ...new Set(imports.filter((each) => each.kind === "import-statement").map((each) => basename(each.path))),
      ].filter((each) => !copied(each) && texts.has(each));
      const hash = createHash("sha256").update(code).digest("hex").slice(0, 16);
      return [
        { path: file.path.replace(/js$/, "code.js"), text: code },
        { path: file.path, text: facade(cache, { hash, needed, exports }) },
      ];
    }),
  );
  return made.flat();
}

/** A script's own late imports are an experiment in Node 20, with a warning: it is given those of the module. */
function withoutImports(text) {
  let made = "";
  let from = 0;
  for (const { ss } of parse(text)[0].filter((each) => each.d >= 0)) {
    made += `${text.slice(from, ss)}__import`;
    from = ss + "import".length;
  }
  return made + text.slice(from);
}

function copy(texts, copied) {
  return {
    name: "copy-small-files",
    setup(esbuild) {
      esbuild.onResolve({ filter: /.*/ }, ({ path, kind }) => {
        if (kind === "entry-point") return undefined;
        const name = basename(path);
        return kind === "import-statement" && path.startsWith("./") && copied(name)
          ? { path: name, namespace: "copied" }
          : { path, external: true };
      });
      esbuild.onLoad({ filter: /.*/, namespace: "copied" }, ({ path }) => ({
        contents: texts.get(path).replace(/^import\{createRequire.*\n/, ""),
        loader: "js",
      }));
    },
  };
}

/** The module around a script. */
function facade(cache, { hash, needed, exports }) {
  const imports = needed.map((name, index) => `import*as i${index} from"./${name}";`).join("");
  const imported = needed.map((name, index) => `"./${name}":i${index}`).join();
  const values = exports.map((name, index) => `e${index}=e.${name}`).join();
  const names = exports.map((name, index) => `e${index} as ${name}`).join();
  return `import{evaluate}from"./${cache}";${imports}const e=evaluate(import.meta.url,"${hash}",{${imported}},(name,given)=>import(name,given))${
    values === "" ? "" : `,${values}`
  };export{${names}};\n`;
}
